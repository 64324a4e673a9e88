namespace Router.Bench;

/// <summary>Who is measured.</summary>
internal static class Contestants
{
    public const string Router = "router";
    public const string Yarp = "yarp";
    public const string YarpInline = "yarp-inline";
    public const string HaProxy = "haproxy";
    public const string Nginx = "nginx";
    public const string Caddy = "caddy";

    /// <summary>Peers that do the work of Router's default table: see <see cref="EqualWork"/>.</summary>
    public const string NginxEqual = "nginx-equal";
    public const string HaProxyEqual = "haproxy-equal";

    /// <summary>nginx as the original router used it: a new connection to the backend for each request.</summary>
    public const string NginxClose = "nginx-close";

    public static readonly string[] Names = [Nginx, NginxEqual, NginxClose, HaProxy, HaProxyEqual, Yarp, YarpInline, Caddy, Router];

    /// <summary>Whether it can be measured: one of the names, or <c>NAME=BINARY</c> for another published Router.</summary>
    public static bool Exists(string peer) => Names.Contains(peer) || peer.Contains('=');

    public static string NameOf(string peer) => peer.Split('=')[0];

    /// <summary>The compiler of the runtime goes on for seconds; the others are as fast as they get after the first requests.</summary>
    public static int WarmUpSeconds(string name) => name is Yarp or YarpInline ? 8 : 2;
}
