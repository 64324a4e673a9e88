namespace Router.Tests;

public sealed class ManagementSettingsTests
{
    private static SiteFile Site() => SiteFile.Of("www.*", "http://backend.invalid");

    [Theory]
    [InlineData("Management:Url", "9900", "Router:Management:Url")]
    [InlineData("Management:Url", "http://127.0.0.1:9900/path", "Router:Management:Url")]
    [InlineData("Management:Url", "http://0.0.0.0:9900", "Router:Management:Token")]
    [InlineData("Management:Url", "http://*:9900", "Router:Management:Token")]
    [InlineData("Management:Token", "short", "Router:Management:Token")]
    [InlineData("Management:TokenFile", "/nowhere/token", "Router:Management:TokenFile")]
    [InlineData("Management:Tokn", "x", "Router:Management:Tokn")]
    [InlineData("ModeStore:File", "/nowhere/mode.json", "Router:ModeStore:File")]
    [InlineData("ModeStore:Lead", "5m", "Router:ModeStore:Lead")]
    [InlineData("ModeStore:WhenUnreachable", "live", "Router:ModeStore:WhenUnreachable")]
    [InlineData("ModeStore:Fiel", "x", "Router:ModeStore:Fiel")]
    public void What_can_not_be_is_a_fault_that_names_its_key(string key, string value, string named)
    {
        var fault = Site().Set(key, value).Read().Faults.Should().ContainSingle().Subject;

        fault.Key.Should().Be(named);
        fault.Cure.Should().NotBeEmpty();
        fault.ToString().Should().NotContain("short", "a token is a secret");
    }

    [Fact]
    public void Beyond_this_machine_it_listens_with_a_token() =>
        Site().Set("Management:Url", "http://0.0.0.0:9900").Set("Management:Token", "0123456789abcdef").Read().Faults.Should().BeEmpty();
}
