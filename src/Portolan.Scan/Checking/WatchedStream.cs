namespace Portolan.Scan.Checking;

/// <summary>
/// Passes everything on, and keeps the first bytes that came in, so that a failure can be explained by what the peer said.
/// </summary>
/// <param name="inner">The connection; disposed of with this.</param>
/// <param name="meter">Looks at all that comes in; <c>null</c> for none.</param>
internal sealed class WatchedStream(Stream inner, HttpMeter? meter = null) : Stream
{
    private const int Kept = 256;

    private readonly byte[] _first = new byte[Kept];
    private int _length;
    private ReadOnlyMemory<byte> _left;
    private Task<int>? _begun;

    /// <summary>The first bytes that came in.</summary>
    public ReadOnlySpan<byte> First => _first.AsSpan(0, _length);

    /// <summary>The peer has closed its side.</summary>
    public bool IsEnded { get; private set; }

    /// <summary>
    /// A read of the connection that was begun before, into <see cref="BegunInto"/>: what it brings comes first. Only reads of the kind
    /// that is awaited see it.
    /// </summary>
    public Task<int>? Begun
    {
        init => _begun = value;
    }

    /// <summary>Where <see cref="Begun"/> puts its bytes.</summary>
    public ReadOnlyMemory<byte> BegunInto { get; init; }

    /// <inheritdoc/>
    public override bool CanRead => true;

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
    public override int Read(byte[] buffer, int offset, int count) => Keep(buffer.AsSpan(offset, count), inner.Read(buffer, offset, count));

    /// <inheritdoc/>
    public override int Read(Span<byte> buffer) => Keep(buffer, inner.Read(buffer));

    /// <inheritdoc/>
    public override Task<int> ReadAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        ReadAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    /// <inheritdoc/>
    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        if (buffer.IsEmpty)
        {
            return _begun is null && _left.IsEmpty ? await inner.ReadAsync(buffer, cancellationToken) : 0;
        }

        if (_begun is { } begun)
        {
            _left = BegunInto[..await begun.WaitAsync(cancellationToken)];
            _begun = null;
            if (_left.IsEmpty)
            {
                return Keep(buffer.Span, 0);
            }
        }

        if (!_left.IsEmpty)
        {
            var length = Math.Min(buffer.Length, _left.Length);
            _left[..length].CopyTo(buffer);
            _left = _left[length..];
            return Keep(buffer.Span, length);
        }

        var read = await inner.ReadAsync(buffer, cancellationToken);
        return Keep(buffer.Span, read);
    }

    /// <inheritdoc/>
    public override void Write(byte[] buffer, int offset, int count) => inner.Write(buffer, offset, count);

    /// <inheritdoc/>
    public override void Write(ReadOnlySpan<byte> buffer) => inner.Write(buffer);

    /// <inheritdoc/>
    public override Task WriteAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        inner.WriteAsync(buffer, offset, count, cancellationToken);

    /// <inheritdoc/>
    public override ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default) =>
        inner.WriteAsync(buffer, cancellationToken);

    /// <inheritdoc/>
    public override void Flush() => inner.Flush();

    /// <inheritdoc/>
    public override Task FlushAsync(CancellationToken cancellationToken) => inner.FlushAsync(cancellationToken);

    /// <inheritdoc/>
    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    /// <inheritdoc/>
    public override void SetLength(long value) => throw new NotSupportedException();

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            inner.Dispose();
        }

        base.Dispose(disposing);
    }

    private int Keep(ReadOnlySpan<byte> buffer, int read)
    {
        IsEnded |= read == 0;
        meter?.Take(buffer[..read]);
        var piece = Math.Min(read, Kept - _length);
        buffer[..piece].CopyTo(_first.AsSpan(_length));
        _length += piece;
        return read;
    }
}
