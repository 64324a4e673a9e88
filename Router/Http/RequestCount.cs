namespace Router.Http;

/// <summary>The number of requests that an address of a backend has in flight.</summary>
public sealed class RequestCount
{
    private int _value;

    public int Value => Volatile.Read(ref _value);

    /// <summary>Counts a request as started.</summary>
    public void Increment() => Interlocked.Increment(ref _value);

    /// <summary>Counts a request as ended.</summary>
    public void Decrement() => Interlocked.Decrement(ref _value);
}
