using System.Buffers;
using System.IO.Pipelines;

namespace Router.Http;

/// <summary>
/// The input of a client's connection. The transport may deliver the end of the input together with its last bytes, and the server then
/// treats a complete body as truncated. This reader reports the end only after everything before it has been examined.
/// </summary>
/// <param name="transport">The connection.</param>
public sealed class ClientInput(IDuplexPipe transport) : PipeReader, IDuplexPipe
{
    private readonly PipeReader _input = transport.Input;
    private ReadOnlySequence<byte> _last;
    private bool _isExamined;

    public PipeReader Input => this;

    public PipeWriter Output => transport.Output;

    public override ValueTask<ReadResult> ReadAsync(CancellationToken cancellationToken = default)
    {
        // A read that has to wait completes with the next bytes, before the transport receives the end.
        var reading = _input.ReadAsync(cancellationToken);
        return reading.IsCompletedSuccessfully ? ValueTask.FromResult(WithoutEarlyEnd(reading.Result)) : reading;
    }

    public override bool TryRead(out ReadResult result)
    {
        if (!_input.TryRead(out result))
            return false;
        result = WithoutEarlyEnd(result);
        return true;
    }

    public override void AdvanceTo(SequencePosition consumed) => AdvanceTo(consumed, consumed);

    public override void AdvanceTo(SequencePosition consumed, SequencePosition examined)
    {
        if (!_last.IsEmpty)
        {
            _isExamined = _last.Slice(examined).IsEmpty;
            _last = default;
        }

        _input.AdvanceTo(consumed, examined);
    }

    public override void CancelPendingRead() => _input.CancelPendingRead();

    public override void Complete(Exception? exception = null) => _input.Complete(exception);

    private ReadResult WithoutEarlyEnd(ReadResult result)
    {
        if (!result.IsCompleted || _isExamined || result.Buffer.IsEmpty)
            return result;
        _last = result.Buffer;
        return new ReadResult(result.Buffer, result.IsCanceled, isCompleted: false);
    }
}
