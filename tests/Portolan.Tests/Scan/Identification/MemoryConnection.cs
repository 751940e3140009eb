using System.Net.Sockets;

namespace Portolan.Tests.Scan.Identification;

/// <summary>A connection without a network: what the client writes goes to a server's code, which answers when it likes.</summary>
internal sealed class MemoryConnection(Action<MemoryConnection, byte[]> received) : Stream
{
    private readonly Queue<byte[]> _incoming = new();
    private TaskCompletionSource? _more;
    private bool _isEnded;
    private bool _isReset;

    /// <summary>What the client wrote, one write each.</summary>
    public List<byte[]> Written { get; } = [];

    /// <summary>The client has closed.</summary>
    public bool IsClosed { get; private set; }

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

    /// <summary>The server sends.</summary>
    public void Feed(byte[] bytes)
    {
        if (!_isEnded && bytes.Length > 0)
        {
            _incoming.Enqueue(bytes);
            Wake();
        }
    }

    /// <summary>The server closes.</summary>
    public void End()
    {
        _isEnded = true;
        Wake();
    }

    /// <summary>The server closes with bytes unread, and its kernel resets the connection.</summary>
    public void Reset()
    {
        _isReset = true;
        End();
    }

    /// <inheritdoc/>
    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        while (_incoming.Count == 0)
        {
            if (_isEnded)
            {
                return _isReset ? throw new IOException("reset", new SocketException((int)SocketError.ConnectionReset)) : 0;
            }

            _more = new TaskCompletionSource();
            await _more.Task.WaitAsync(cancellationToken);
        }

        var first = _incoming.Dequeue();
        var length = Math.Min(buffer.Length, first.Length);
        first.AsSpan(0, length).CopyTo(buffer.Span);
        if (length < first.Length)
        {
            var rest = _incoming.ToArray();
            _incoming.Clear();
            _incoming.Enqueue(first[length..]);
            foreach (var one in rest)
            {
                _incoming.Enqueue(one);
            }
        }

        return length;
    }

    /// <inheritdoc/>
    public override ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
    {
        if (_isEnded)
        {
            throw new IOException("the server has closed");
        }

        var bytes = buffer.ToArray();
        Written.Add(bytes);
        received(this, bytes);
        return ValueTask.CompletedTask;
    }

    /// <inheritdoc/>
    public override Task FlushAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    /// <inheritdoc/>
    public override void Flush()
    {
    }

    /// <inheritdoc/>
    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    /// <inheritdoc/>
    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    /// <inheritdoc/>
    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    /// <inheritdoc/>
    public override void SetLength(long value) => throw new NotSupportedException();

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        _isEnded = IsClosed = true;
        Wake();
        base.Dispose(disposing);
    }

    private void Wake()
    {
        var more = _more;
        _more = null;
        more?.TrySetResult();
    }
}
