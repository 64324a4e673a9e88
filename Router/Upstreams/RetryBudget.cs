namespace Router.Upstreams;

/// <summary>
/// Limits retries to a fraction of all requests: one retry per five requests, and up to ten at once after a quiet period. When everything
/// fails, retrying everything would flood a backend that is already overloaded.
/// </summary>
public sealed class RetryBudget
{
    // In fifths of a retry.
    private const int Cost = 5;
    private const int Max = 10 * Cost;
    private int _saved = Max;

    /// <summary>Records a first attempt.</summary>
    public void Save()
    {
        var saved = Volatile.Read(ref _saved);
        // A lost race loses only a fifth of a retry.
        if (saved < Max)
            Interlocked.CompareExchange(ref _saved, saved + 1, saved);
    }

    /// <summary>Takes one retry from the budget; false if none is left.</summary>
    public bool TrySpend()
    {
        while (true)
        {
            var saved = Volatile.Read(ref _saved);
            if (saved < Cost)
                return false;
            if (Interlocked.CompareExchange(ref _saved, saved - Cost, saved) == saved)
                return true;
        }
    }
}
