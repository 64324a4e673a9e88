using Router.Configuration;
using Router.Modes;
using Router.Modes.Stores;

namespace Router.Switching;

/// <summary>
/// Reads the record from the store and applies it. A store that can't be read changes nothing: the last known mode stays in force.
/// </summary>
public sealed class StorePoller(IModeStore store, StoredRecord record, InitialRecord initial, StoreHealth health, RouterSettings settings)
{
    /// <summary>Reads the store once. False if it could not be read.</summary>
    public Task<bool> PollAsync(CancellationToken cancellation) =>
        record.ExclusiveAsync(
            async () =>
            {
                try
                {
                    var text = await record.ReadAsync(cancellation).ConfigureAwait(false);
                    if (text is not null)
                        initial.StoreHasText();
                    if (text is null)
                        await FillAsync(cancellation).ConfigureAwait(false);
                    else if (!ModeRecordText.TryParse(text, out var found, out var error))
                        health.SetUnreadable(
                            settings.Management.Hint($"{Subject} is not a valid mode record ({error}). Set the mode with: router mode set")
                        );
                    else
                    {
                        await record.ApplyAsync(text, found, cancellation).ConfigureAwait(false);
                        health.SetProblem(null);
                    }

                    return true;
                }
                catch (ModeStoreException error)
                {
                    initial.UseConfigured();
                    health.SetUnreadable(error.Message);
                    return false;
                }
            },
            cancellation
        );

    private async Task FillAsync(CancellationToken cancellation)
    {
        var waiting = await initial.FillAsync(cancellation).ConfigureAwait(false);
        // If the store could be read all the time, it is a first start: nothing has been lost.
        if (waiting is null || health.WasUnreadable)
            health.SetProblem(waiting);
        else
            health.SetWaiting(waiting);
    }

    private string Subject => $"The content of {store.Name}";
}
