using System.Text;
using Router.Reports;

namespace Router.Cli;

/// <summary>
/// The tool's own lines while a downtime runs, on standard error: standard output belongs to the command. They go on without a reader, so
/// that a closed terminal does not end the tool before it has written down how the command ended.
/// </summary>
internal sealed class DowntimeConsole(TextWriter output)
{
    private bool _isClosed;
    private bool _isUnwritableNamed;

    /// <summary>For what writes many lines.</summary>
    public TextWriter Output => new Lines(this);

    /// <summary>A line with the time of this machine.</summary>
    public void Say(string text) => Try(() => output.WriteLine($"{DateTimeOffset.Now:HH:mm:ss} router: {text}"));

    /// <summary>The same, not to be missed.</summary>
    public void Alarm(DowntimeEvent found) =>
        Try(() =>
        {
            var bar = new string(found.Kind == DowntimeEventKind.Danger ? '!' : '-', 72);
            var mark = found.Kind == DowntimeEventKind.Danger ? "!!! NOT SAFE ANY MORE: " : "WARNING: ";
            output.WriteLine(bar);
            output.WriteLine($"{DateTimeOffset.Now:HH:mm:ss} router: {mark}{found.Text}");
            output.WriteLine(bar);
        });

    /// <summary>Text as it is.</summary>
    public void Write(Action<TextWriter> write) => Try(() => write(output));

    /// <summary>The progress can't be written; said once.</summary>
    public void Unwritable(string problem)
    {
        if (!_isUnwritableNamed)
            Say($"WARNING: the progress can't be written ({problem}): --resume will not know of anything from here on");
        _isUnwritableNamed = true;
    }

    private void Try(Action write)
    {
        try
        {
            if (!_isClosed)
                write();
        }
        catch (IOException)
        {
            _isClosed = true;
        }
    }

    private sealed class Lines(DowntimeConsole console) : TextWriter
    {
        public override Encoding Encoding => Encoding.UTF8;

        public override void Write(char value) => Write(value.ToString());

        public override void Write(string? value) => console.Write(output => output.Write(value));
    }
}
