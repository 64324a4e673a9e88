namespace Router.Telemetry;

/// <summary>Log lines that say the same about the same thing, such as failures to forward to one backend.</summary>
/// <param name="Category">The logger's category.</param>
/// <param name="Event">The message's event id within the category.</param>
/// <param name="Subject">The name from the configuration that the message is about; null if there is none.</param>
public readonly record struct LogKind(string Category, int Event, string? Subject)
{
    // The placeholders that messages use for names from the configuration. Values sent by clients must not be listed here: a client could
    // create as many kinds as it likes.
    private static readonly string[] Subjects = ["Backend", "List"];

    /// <summary>The kind of a message.</summary>
    public static LogKind Of(string category, EventId id, object? state)
    {
        string? subject = null;
        if (state is IReadOnlyList<KeyValuePair<string, object?>> values)
        {
            foreach (var (name, value) in values)
            {
                if (Subjects.Contains(name))
                    subject = value as string;
            }
        }

        return new LogKind(category, id.Id, subject);
    }
}
