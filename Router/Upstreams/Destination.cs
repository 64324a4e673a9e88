using System.Net;
using Router.Configuration;
using Router.Http;
using Router.Http.Http1;
using Router.Http.Http2;

namespace Router.Upstreams;

/// <summary>One address of a backend: its connections, its number of requests in flight, and its availability.</summary>
public sealed class Destination : IDisposable
{
    private volatile bool _probeFailed;

    public Destination(Uri address, BackendSettings backend, TimeProvider time)
    {
        Address = address;
        // The circuit breakers guard only connecting: a request on a reused connection pays nothing for them.
        Connector = new Connector(address, backend, Dns.GetHostAddressesAsync, time);
        Pool = new Http1Pool(address, Connector.ConnectAsync, Connector.IsCurrent, time);
        Http2 = new Http2Pool(Connector.ConnectAsync);
        Transport = backend.Http2 ? new Http2Transport(address, Http2, Pool.Requests) : new Http1Transport(Pool);
    }

    /// <summary>The scheme, host and port.</summary>
    public Uri Address { get; }

    /// <summary>Establishes its connections.</summary>
    public Connector Connector { get; }

    /// <summary>Holds its HTTP/1.1 connections.</summary>
    public Http1Pool Pool { get; }

    /// <summary>Holds its HTTP/2 connections.</summary>
    public Http2Pool Http2 { get; }

    /// <summary>The last probe and when it started; null before the first one.</summary>
    public (long At, Task Running)? LastProbe { get; set; }

    /// <summary>The number of requests in flight.</summary>
    public int InFlight => Pool.Requests.Value;

    public CircuitState Circuit => Connector.Circuit;

    /// <summary>
    /// Whether it is preferred for requests: connections to it are attempted, and its last probe did not fail.
    /// </summary>
    public bool IsAvailable => !_probeFailed && !Connector.IsOpen;

    /// <summary>Sends its requests.</summary>
    public Transport Transport { get; }

    /// <summary>Records the result of a probe; true if the result has changed.</summary>
    public bool Probed(bool works)
    {
        var changed = _probeFailed == works;
        _probeFailed = !works;
        return changed;
    }

    public void Dispose() => Transport.Dispose();
}
