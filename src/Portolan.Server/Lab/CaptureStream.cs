namespace Portolan.Server.Lab;

/// <summary>
/// What a capture is written to. A write that fails is remembered and ends the capture. It is not thrown into the lab, where a service
/// would take it for a failure of its client.
/// </summary>
/// <remarks>One writer. It owns the stream below.</remarks>
internal sealed class CaptureStream(Stream inner) : Stream
{
    private readonly TaskCompletionSource<IOException> _failed = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>Ends with why nothing more can be written.</summary>
    internal Task<IOException> Failed => _failed.Task;

    /// <inheritdoc/>
    public override bool CanRead => false;

    /// <inheritdoc/>
    public override bool CanSeek => false;

    /// <inheritdoc/>
    public override bool CanWrite => true;

    /// <inheritdoc/>
    public override long Length => throw new NotSupportedException();

    /// <inheritdoc/>
    public override long Position
    {
        get => throw new NotSupportedException();
        set => throw new NotSupportedException();
    }

    /// <inheritdoc/>
    public override void Write(byte[] buffer, int offset, int count) => Write(buffer.AsSpan(offset, count));

    /// <inheritdoc/>
    public override void Write(ReadOnlySpan<byte> buffer)
    {
        if (_failed.Task.IsCompleted)
        {
            return;
        }

        try
        {
            inner.Write(buffer);
        }
        catch (IOException exception)
        {
            _failed.TrySetResult(exception);
        }
    }

    /// <summary>Writes what is still held back; nothing may be written afterwards.</summary>
    /// <exception cref="IOException">A write failed, now or before; <c>BrokenPipeException</c> when whoever read it has gone.</exception>
    internal void Finish()
    {
        try
        {
            if (!_failed.Task.IsCompleted)
            {
                inner.Flush();
            }
        }
        catch (IOException exception)
        {
            _failed.TrySetResult(exception);
        }

        ThrowIfFailed();
    }

    /// <summary>Throws why nothing more can be written, if so.</summary>
    /// <exception cref="IOException">A write failed; <c>BrokenPipeException</c> when the reader that read it has gone.</exception>
    internal void ThrowIfFailed()
    {
        if (_failed.Task is { IsCompletedSuccessfully: true, Result: var exception })
        {
            throw exception;
        }
    }

    /// <inheritdoc/>
    public override void Flush()
    {
    }

    /// <inheritdoc/>
    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    /// <inheritdoc/>
    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    /// <inheritdoc/>
    public override void SetLength(long value) => throw new NotSupportedException();

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            try
            {
                inner.Dispose();
            }
            catch (IOException exception)
            {
                // What ended the lab before its capture was finished is what is said.
                _failed.TrySetResult(exception);
            }
        }

        base.Dispose(disposing);
    }
}
