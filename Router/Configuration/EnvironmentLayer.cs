using Microsoft.Extensions.Configuration.EnvironmentVariables;

namespace Router.Configuration;

/// <summary>
/// The environment in the .NET way, <c>Router__Mode </c> for <c>Router:Mode </c>. A variable with the bare name of a section sets no key of
/// it: it belongs to somebody else, and is left out.
/// </summary>
internal sealed class EnvironmentLayer : IConfigurationSource
{
    private static readonly string[] Sections = [SettingsReader.Section, "Kestrel", "Logging"];

    public IConfigurationProvider Build(IConfigurationBuilder builder) => new Provider();

    private sealed class Provider : EnvironmentVariablesConfigurationProvider
    {
        public override void Load()
        {
            base.Load();
            foreach (var section in Sections)
                Data.Remove(section);
            // No file names them; the server would count them from the binary's folder.
            RelativePaths.Resolve(Data, Environment.CurrentDirectory);
        }
    }
}
