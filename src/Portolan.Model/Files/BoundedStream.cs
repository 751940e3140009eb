namespace Portolan.Model;

/// <summary>
/// A stream for reading that ends with an error once more than its limit was read. All input that a person names passes through one.
/// </summary>
/// <param name="inner">What is read; disposed with this.</param>
/// <param name="limit">How much of it.</param>
/// <param name="name">What the person called it.</param>
public sealed class BoundedStream(Stream inner, InputLimit limit, string name) : Stream
{
    private long _left = limit.Bytes;

    /// <inheritdoc/>
    public override bool CanRead => true;

    /// <inheritdoc/>
    public override bool CanSeek => false;

    /// <inheritdoc/>
    public override bool CanWrite => false;

    /// <inheritdoc/>
    public override long Length => throw new NotSupportedException();

    /// <inheritdoc/>
    public override long Position
    {
        get => limit.Bytes - _left;
        set => throw new NotSupportedException();
    }

    /// <summary>Opens a file that a person names. One that is too long already is refused before anything is read.</summary>
    /// <param name="path">The file.</param>
    /// <param name="limit">How much of it is read.</param>
    /// <param name="name">What the person called it, where that is not <paramref name="path"/>.</param>
    /// <exception cref="PortolanException">It is too long. Exit code 2.</exception>
    /// <exception cref="IOException">As of <see cref="NamedFile.OpenRead"/>.</exception>
    /// <exception cref="UnauthorizedAccessException">As of <see cref="NamedFile.OpenRead"/>.</exception>
    public static BoundedStream Open(string path, InputLimit limit, string? name = null)
    {
        ArgumentNullException.ThrowIfNull(limit);
        var file = NamedFile.OpenRead(path, bufferSize: 0);
        if (file.CanSeek && file.Length > limit.Bytes)
        {
            file.Dispose();
            throw limit.Exceeded(name ?? path);
        }

        return new BoundedStream(file, limit, name ?? path);
    }

    /// <summary>The bytes that are left, up to the limit.</summary>
    /// <exception cref="PortolanException">It is too long. Exit code 2.</exception>
    public byte[] ReadToEnd()
    {
        using var kept = new MemoryStream(inner.CanSeek ? (int)Math.Min(inner.Length, limit.Bytes) : 0);
        CopyTo(kept);
        return kept.Length == kept.Capacity ? kept.GetBuffer() : kept.ToArray();
    }

    /// <inheritdoc/>
    public override int Read(Span<byte> buffer)
    {
        var count = inner.Read(buffer);
        _left -= count;
        return _left >= 0 ? count : throw limit.Exceeded(name);
    }

    /// <inheritdoc/>
    public override int Read(byte[] buffer, int offset, int count) => Read(buffer.AsSpan(offset, count));

    /// <inheritdoc/>
    public override void Flush()
    {
    }

    /// <inheritdoc/>
    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    /// <inheritdoc/>
    public override void SetLength(long value) => throw new NotSupportedException();

    /// <inheritdoc/>
    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            inner.Dispose();
        }

        base.Dispose(disposing);
    }
}
