namespace Router.Upstreams;

/// <summary>
/// Keeps repeated requests to a share of all: one for each five, and up to ten at once after a quiet time. When everything fails,
/// repeating everything would be a second flood on a backend that has drowned in the first.
/// </summary>
public sealed class RetryBudget
{
    // In fifths of a repeat.
    private const int Cost = 5;
    private const int Most = 10 * Cost;
    private int _saved = Most;

    /// <summary>A first attempt is made.</summary>
    public void Save()
    {
        var saved = Volatile.Read(ref _saved);
        // A lost race only loses a fifth of a repeat.
        if (saved < Most)
            Interlocked.CompareExchange(ref _saved, saved + 1, saved);
    }

    /// <summary>Takes one repeat out; false where none is left.</summary>
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
