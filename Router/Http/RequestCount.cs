namespace Router.Http;

/// <summary>How many requests an address of a backend has in flight.</summary>
public sealed class RequestCount
{
    private int _value;

    /// <summary>How many there are now.</summary>
    public int Value => Volatile.Read(ref _value);

    /// <summary>Counts one in.</summary>
    public void Enter() => Interlocked.Increment(ref _value);

    /// <summary>Counts one out.</summary>
    public void Leave() => Interlocked.Decrement(ref _value);
}
