using Microsoft.Extensions.Configuration.EnvironmentVariables;

namespace Router.Configuration;

/// <summary>
/// The environment in the .NET form, <c>Router__Mode</c> for <c>Router:Mode</c>. A variable with the bare name of a section sets no key of
/// it: it belongs to another program, and is omitted.
/// </summary>
internal sealed class EnvironmentLayer : IConfigurationSource
{
    private static readonly string[] Sections = [RouterSection.Name, "Kestrel", "Logging"];

    public IConfigurationProvider Build(IConfigurationBuilder builder) => new Provider();

    private sealed class Provider : EnvironmentVariablesConfigurationProvider
    {
        public override void Load()
        {
            base.Load();
            foreach (var section in Sections)
                Data.Remove(section);
            // No file names them; the server would resolve them against the binary's directory.
            RelativePaths.Resolve(Data, Environment.CurrentDirectory);
        }
    }
}
