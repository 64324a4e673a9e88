namespace Router.Modes;

/// <summary>Holds the state that every request asks for.</summary>
public sealed class ModeController(TimeProvider time, Mode initial)
{
    private volatile ModeState _state = new(initial, time.GetUtcNow());

    /// <summary>The state in force.</summary>
    public ModeState State => _state;

    /// <summary>The mode in force.</summary>
    public Mode Current => _state.Mode;
}
