namespace Portolan.Model;

/// <summary>A file or stream that a person named for output. A write that fails says for which option, where to, and why.</summary>
/// <param name="inner">What is written to; closed with this one.</param>
/// <param name="option">The option that named it, such as <c>-oX</c>.</param>
/// <param name="path">The file as the person wrote it, or what the stream is called.</param>
public sealed class NamedOutputStream(Stream inner, string option, string path) : Stream
{
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
    /// <exception cref="OutputException">It could not be written.</exception>
    public override void Write(ReadOnlySpan<byte> buffer)
    {
        try
        {
            inner.Write(buffer);
        }
        catch (IOException exception) when (exception.GetType() == typeof(IOException))
        {
            throw Named(exception);
        }
    }

    /// <inheritdoc/>
    /// <exception cref="OutputException">It could not be written.</exception>
    public override void Flush()
    {
        try
        {
            inner.Flush();
        }
        catch (IOException exception) when (exception.GetType() == typeof(IOException))
        {
            throw Named(exception);
        }
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
            inner.Dispose();
        }

        base.Dispose(disposing);
    }

    private OutputException Named(IOException exception) =>
        new($"{option}: cannot write {path}: {NamedFile.WhyNot(exception, path, FileAccess.Write)}", exception);
}

/// <summary>An output that a person named could not be written. Its message names the option, the file and the cause.</summary>
public sealed class OutputException : IOException
{
    /// <summary>Makes one.</summary>
    public OutputException()
    {
    }

    /// <summary>Makes one.</summary>
    /// <param name="message">The option, the file and the cause, without a full stop.</param>
    public OutputException(string message)
        : base(message)
    {
    }

    /// <summary>Makes one.</summary>
    /// <param name="message">The option, the file and the cause, without a full stop.</param>
    /// <param name="innerException">What the system said.</param>
    public OutputException(string message, Exception innerException)
        : base(message, innerException)
    {
    }
}
