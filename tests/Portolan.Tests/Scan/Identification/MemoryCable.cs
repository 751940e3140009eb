namespace Portolan.Tests.Scan.Identification;

/// <summary>A connection without a network whose both ends are streams, for TLS on real threads beside virtual time.</summary>
internal sealed class MemoryCable
{
    private readonly Lock _lock = new();

    public MemoryCable()
    {
        (Client, Server) = (new End(_lock), new End(_lock));
        (Client.Peer, Server.Peer) = (Server, Client);
    }

    /// <summary>The end that asks.</summary>
    public End Client { get; }

    /// <summary>The end that is asked.</summary>
    public End Server { get; }

    /// <summary>One of the ends works: it neither waits for bytes of the other nor has closed.</summary>
    public bool IsBusy
    {
        get
        {
            lock (_lock)
            {
                return !(Client.IsAtRest && Server.IsAtRest);
            }
        }
    }

    /// <summary>One end.</summary>
    internal sealed class End(Lock mutex) : Stream
    {
        // Milliseconds that TLS takes at most to say that the connection has ended.
        private const long AfterEnd = 20;

        private readonly Queue<byte> _incoming = new();
        private TaskCompletionSource? _more;
        private bool _isClosed;
        private long? _endedAt;

        public End Peer { get; set; } = null!;

        /// <summary>Closed, waiting for bytes, or done with a connection that the other end closed, which it may keep for later.</summary>
        public bool IsAtRest =>
            _isClosed || _more is not null || (_endedAt is { } ended && Environment.TickCount64 - ended > AfterEnd);

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
        public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
        {
            while (true)
            {
                cancellationToken.ThrowIfCancellationRequested();
                TaskCompletionSource more;
                lock (mutex)
                {
                    if (buffer.Length == 0 || _incoming.Count > 0 || Peer._isClosed || _isClosed)
                    {
                        return Take(buffer.Span);
                    }

                    more = _more ??= new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
                }

                // Whoever is cancelled works until it has come to its end.
                await using (cancellationToken.Register(Wake).ConfigureAwait(false))
                {
                    await more.Task.ConfigureAwait(false);
                }
            }
        }

        /// <inheritdoc/>
        public override ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
        {
            lock (mutex)
            {
                if (_isClosed || Peer._isClosed)
                {
                    throw new IOException("the connection is closed");
                }

                foreach (var one in buffer.Span)
                {
                    Peer._incoming.Enqueue(one);
                }

                Peer.Wake();
            }

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
            lock (mutex)
            {
                _isClosed = true;
                Wake();
                Peer.Wake();
            }

            base.Dispose(disposing);
        }

        private int Take(Span<byte> buffer)
        {
            var length = Math.Min(buffer.Length, _incoming.Count);
            if (length == 0 && buffer.Length > 0)
            {
                _endedAt ??= Environment.TickCount64;
            }

            for (var i = 0; i < length; i++)
            {
                buffer[i] = _incoming.Dequeue();
            }

            return length;
        }

        private void Wake()
        {
            lock (mutex)
            {
                var more = _more;
                _more = null;
                more?.TrySetResult();
            }
        }
    }
}
