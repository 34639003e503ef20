// An empty keyring: nothing is found and nothing is kept. `attio login` and `attio dev` cannot remember a login with it;
// who needs them removes the "overrides" entry from app-ui/package.json and installs libsecret.
module.exports = {
    getPassword: async () => null,
    setPassword: async () => {},
    deletePassword: async () => false,
    findCredentials: async () => [],
}
