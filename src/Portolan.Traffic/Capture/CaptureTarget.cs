using Portolan.Packets;

namespace Portolan.Traffic.Capture;

/// <summary>The file that a capture goes to, or a ring of files, of which the oldest goes when a new one begins.</summary>
public sealed class CaptureTarget : IDisposable
{
    /// <summary>What a block has beside its packet, with a comment of usual length.</summary>
    private const int BlockOverhead = 256;

    private readonly Func<Stream> _open;
    private readonly Action? _rotate;
    private readonly long _mostBytes;
    private readonly bool _closes;
    private CountingStream _stream;
    private long _before;

    /// <summary>Opens the first file.</summary>
    /// <param name="open">Opens or makes the file.</param>
    /// <param name="mostBytes">How large a file may be.</param>
    /// <param name="rotate">Puts a file that is full aside; <c>null</c> where the capture ends then.</param>
    /// <param name="closes">Whether files are closed here; stdout is not.</param>
    public CaptureTarget(Func<Stream> open, long mostBytes, Action? rotate, bool closes = true)
    {
        (_open, _mostBytes, _rotate, _closes) = (open, mostBytes, rotate, closes);
        _stream = new CountingStream(open(), closes);
        Writer = new PcapngWriter(_stream, "Portolan");
    }

    /// <summary>Writes into the file.</summary>
    public PcapngWriter Writer { get; private set; }

    /// <summary>Bytes that were written, to all files.</summary>
    public long Bytes => _before + _stream.Count;

    /// <summary>Whether the file is full, and none follows.</summary>
    public bool IsFull => _rotate is null && _stream.Count + BlockOverhead > _mostBytes;

    /// <summary>Makes room for a packet.</summary>
    /// <returns>Whether a new file was begun.</returns>
    public bool Begin(int packetBytes)
    {
        if (_rotate is null || _stream.Count + packetBytes + BlockOverhead <= _mostBytes || _stream.IsFresh)
        {
            _stream.IsFresh = false;
            return false;
        }

        _before += _stream.Count;
        _stream.Dispose();
        _rotate();
        _stream = new CountingStream(_open(), _closes);
        Writer = new PcapngWriter(_stream, "Portolan");
        _stream.IsFresh = false;
        return true;
    }

    /// <summary>Hands on what is buffered.</summary>
    public void Flush() => _stream.Flush();

    /// <inheritdoc/>
    public void Dispose() => _stream.Dispose();

    private sealed class CountingStream(Stream inner, bool closes) : Stream
    {
        public long Count { get; private set; }

        /// <summary>Whether no packet was written yet: one that is larger than the file may be is written all the same.</summary>
        public bool IsFresh { get; set; } = true;

        public override bool CanRead => false;

        public override bool CanSeek => false;

        public override bool CanWrite => true;

        public override long Length => Count;

        public override long Position
        {
            get => Count;
            set => throw new NotSupportedException();
        }

        public override void Write(byte[] buffer, int offset, int count)
        {
            inner.Write(buffer, offset, count);
            Count += count;
        }

        public override void Flush() => inner.Flush();

        public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

        public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

        public override void SetLength(long value) => throw new NotSupportedException();

        protected override void Dispose(bool disposing)
        {
            if (disposing && closes)
            {
                inner.Dispose();
            }

            base.Dispose(disposing);
        }
    }
}
