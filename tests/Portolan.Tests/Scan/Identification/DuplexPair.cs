using System.IO.Pipelines;

namespace Portolan.Tests.Scan.Identification;

/// <summary>Two ends of a connection in memory: what one writes the other reads.</summary>
internal sealed class DuplexPair
{
    /// <summary>Makes both ends.</summary>
    /// <param name="closed">Hears that the client has closed, once.</param>
    public DuplexPair(Action? closed = null)
    {
        Pipe there = new(), back = new();
        (Client, Server) = (new End(back.Reader, there.Writer, closed), new End(there.Reader, back.Writer, null));
    }

    /// <summary>One end.</summary>
    public Stream Client { get; }

    /// <summary>The other.</summary>
    public Stream Server { get; }

    private sealed class End(PipeReader reader, PipeWriter writer, Action? closed) : Stream
    {
        private readonly Stream _in = reader.AsStream();
        private readonly Stream _out = writer.AsStream();
        private Action? _closed = closed;

        public override bool CanRead => true;

        public override bool CanSeek => false;

        public override bool CanWrite => true;

        public override long Length => throw new NotSupportedException();

        public override long Position
        {
            get => throw new NotSupportedException();
            set => throw new NotSupportedException();
        }

        public override int Read(byte[] buffer, int offset, int count) => _in.Read(buffer, offset, count);

        public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default) =>
            _in.ReadAsync(buffer, cancellationToken);

        public override void Write(byte[] buffer, int offset, int count) => _out.Write(buffer, offset, count);

        public override ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default) =>
            _out.WriteAsync(buffer, cancellationToken);

        public override void Flush() => _out.Flush();

        public override Task FlushAsync(CancellationToken cancellationToken) => _out.FlushAsync(cancellationToken);

        public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

        public override void SetLength(long value) => throw new NotSupportedException();

        protected override void Dispose(bool disposing)
        {
            if (disposing)
            {
                _in.Dispose();
                _out.Dispose();
                Interlocked.Exchange(ref _closed, null)?.Invoke();
            }

            base.Dispose(disposing);
        }
    }
}
