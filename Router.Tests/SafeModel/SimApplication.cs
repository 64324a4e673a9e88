namespace Router.Tests.SafeModel;

/// <summary>
/// Works on each write for its time and commits. It does not notice a connection that is gone, but gives up when the settle time is over.
/// </summary>
internal sealed class SimApplication(SimTime time, Action<SimWrite> committed)
{
    /// <summary>A request has arrived.</summary>
    public void Begin(SimWrite write, Action completed) =>
        time.After(
            write.Work,
            () =>
            {
                if (IsGivenUp(write))
                    return;
                if (write.IsWrite)
                    committed(write);
                completed();
            }
        );

    /// <summary>A piece of an upgraded connection has arrived.</summary>
    public void Receive(SimWrite connection, long work) =>
        time.After(
            work,
            () =>
            {
                if (!IsGivenUp(connection))
                    committed(connection);
            }
        );

    public void ConnectionGone(SimWrite write, long settle) => write.WorksUntil ??= time.Now + settle;

    private bool IsGivenUp(SimWrite write) => time.Now >= write.WorksUntil;
}
