namespace Router.Configuration;

/// <summary>The configuration section of all Router settings.</summary>
public static class RouterSection
{
    public const string Name = "Router";
}
