using System.Net;
using Router.Configuration;
using Router.Http;
using Router.Http.Http1;
using Router.Http.Http2;

namespace Router.Upstreams;

/// <summary>One address of a backend: its connections, how many requests it has, and whether it is to be had.</summary>
public sealed class Destination : IDisposable
{
    private volatile bool _probeFailed;

    /// <summary>Makes it.</summary>
    public Destination(Uri address, BackendSettings backend, TimeProvider time)
    {
        Address = address;
        // Circuit breakers stand around connecting alone: a request that goes over a kept connection pays nothing for them.
        Connector = new Connector(address, backend, Dns.GetHostAddressesAsync, time);
        Pool = new Http1Pool(address, Connector.ConnectAsync, Connector.IsCurrent, time);
        Http2 = new Http2Pool(Connector.ConnectAsync);
        Transport = backend.Http2 ? new Http2Transport(address, Http2, Pool.Requests) : new Http1Transport(Pool);
    }

    /// <summary>Scheme, host and port.</summary>
    public Uri Address { get; }

    /// <summary>Makes its connections.</summary>
    public Connector Connector { get; }

    /// <summary>Keeps its connections.</summary>
    public Http1Pool Pool { get; }

    /// <summary>Keeps its HTTP/2 connections.</summary>
    public Http2Pool Http2 { get; }

    /// <summary>The last probe, and when it started; null before the first one.</summary>
    public (long At, Task Running)? LastProbe { get; set; }

    /// <summary>How many requests it has.</summary>
    public int InFlight => Pool.Requests.Value;

    public string Circuit => Connector.Circuit;

    /// <summary>Whether it should get requests while there are others: connections to it are attempted, and its probe answers.</summary>
    public bool IsAvailable => !_probeFailed && !Connector.IsOpen;

    /// <summary>Carries its requests.</summary>
    public Transport Transport { get; }

    /// <summary>Notes what a probe found; true where that is news.</summary>
    public bool Probed(bool works)
    {
        var changed = _probeFailed == works;
        _probeFailed = !works;
        return changed;
    }

    public void Dispose() => Transport.Dispose();
}
