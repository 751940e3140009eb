using System.Buffers;
using System.Text;

namespace Portolan.Lab.Services;

/// <summary>How reading a line went.</summary>
internal enum LineKind : byte
{
    Line,

    /// <summary>It was longer than any may be, and was thrown away up to its end.</summary>
    TooLong,

    /// <summary>The client has nothing more to say. What came without an end of line does not count.</summary>
    End,
}

/// <summary>A line, or why there is none.</summary>
/// <param name="Kind">Which.</param>
/// <param name="Text">The line without its end, a character for each byte.</param>
internal readonly record struct LineRead(LineKind Kind, string Text);

/// <summary>
/// A talk in lines. Answers are kept until the client's next line has to be waited for, so that those to pipelined commands go together
/// (RFC 2920 section 3.2).
/// </summary>
/// <remarks>
/// A character stands for a byte (ISO 8859-1), so that what a client sends comes back as it was; text of people passes <see cref="Text"/>.
/// One reader and one writer at once.
/// </remarks>
internal sealed class LineTalk(Stream stream, int limit = LineTalk.UsualLimit)
{
    internal const int UsualLimit = 8192;

    private const int FlushAt = 16 << 10;

    private readonly byte[] _input = new byte[Math.Max(limit, 4096)];
    private readonly ArrayBufferWriter<byte> _output = new();
    private int _start;
    private int _end;
    private bool _isSkipping;

    /// <summary>What is below: TCP or TLS.</summary>
    internal Stream Stream { get; private set; } = stream;

    /// <summary>Whether bytes were read but not consumed.</summary>
    internal bool HasInput => _start < _end;

    /// <summary>Text of people as characters that stand for bytes of UTF-8.</summary>
    internal static string Text(string text) => Encoding.Latin1.GetString(Encoding.UTF8.GetBytes(text));

    /// <summary>Goes on over another stream, such as TLS. What was read and not taken is thrown away (RFC 3207 section 6).</summary>
    internal void Upgrade(Stream stream)
    {
        (Stream, _start, _end, _isSkipping) = (stream, 0, 0, false);
    }

    /// <summary>Adds to the answer.</summary>
    internal void Write(string text) => Encoding.Latin1.GetBytes(text, _output);

    /// <summary>Adds bytes to the answer.</summary>
    internal void Write(ReadOnlySpan<byte> bytes) => _output.Write(bytes);

    /// <summary>Adds a line to the answer.</summary>
    internal void WriteLine(string text)
    {
        Write(text);
        Write("\r\n"u8);
    }

    /// <summary>Sends the answer, once much has come together.</summary>
    internal ValueTask FlushIfLongAsync(CancellationToken cancellationToken) =>
        _output.WrittenCount >= FlushAt ? FlushAsync(cancellationToken) : ValueTask.CompletedTask;

    /// <summary>Sends the answer.</summary>
    internal async ValueTask FlushAsync(CancellationToken cancellationToken)
    {
        if (_output.WrittenCount > 0)
        {
            var bytes = _output.WrittenSpan.ToArray();
            _output.ResetWrittenCount();
            await Stream.WriteAsync(bytes, cancellationToken);
            await Stream.FlushAsync(cancellationToken);
        }
    }

    /// <summary>Reads a line, which ends with LF or CR LF.</summary>
    internal async ValueTask<LineRead> ReadLineAsync(CancellationToken cancellationToken)
    {
        while (true)
        {
            var length = _input.AsSpan(_start, _end - _start).IndexOf((byte)'\n');
            if (length >= 0)
            {
                var wasSkipping = _isSkipping;
                var line = _input.AsMemory(_start, length);
                _start += length + 1;
                _isSkipping = false;
                return wasSkipping || length > limit
                    ? new LineRead(LineKind.TooLong, "")
                    : new LineRead(LineKind.Line, WithoutReturn(line.Span));
            }

            if (_end - _start >= limit)
            {
                (_isSkipping, _start, _end) = (true, 0, 0);
            }

            if (!await FillAsync(cancellationToken))
            {
                return new LineRead(LineKind.End, "");
            }
        }
    }

    /// <summary>Reads so many bytes as they are.</summary>
    /// <returns>False when the client ends before.</returns>
    internal async ValueTask<bool> ReadExactlyAsync(Memory<byte> bytes, CancellationToken cancellationToken)
    {
        while (!bytes.IsEmpty)
        {
            if (_start == _end && !await FillAsync(cancellationToken))
            {
                return false;
            }

            var count = Math.Min(bytes.Length, _end - _start);
            _input.AsSpan(_start, count).CopyTo(bytes.Span);
            _start += count;
            bytes = bytes[count..];
        }

        return true;
    }

    /// <summary>Takes bytes as they come, at least one; 0 at the end.</summary>
    internal async ValueTask<int> ReadSomeAsync(Memory<byte> bytes, CancellationToken cancellationToken)
    {
        if (_start == _end && !await FillAsync(cancellationToken))
        {
            return 0;
        }

        var count = Math.Min(bytes.Length, _end - _start);
        _input.AsSpan(_start, count).CopyTo(bytes.Span);
        _start += count;
        return count;
    }

    private async ValueTask<bool> FillAsync(CancellationToken cancellationToken)
    {
        await FlushAsync(cancellationToken);
        if (_start > 0)
        {
            _input.AsSpan(_start, _end - _start).CopyTo(_input);
            (_start, _end) = (0, _end - _start);
        }

        if (_end == _input.Length)
        {
            // Only a line may be so long; its reader skips before it comes here.
            return false;
        }

        var count = await Stream.ReadAsync(_input.AsMemory(_end), cancellationToken);
        _end += count;
        return count > 0;
    }

    private static string WithoutReturn(ReadOnlySpan<byte> line) => Encoding.Latin1.GetString(line is [.., (byte)'\r'] ? line[..^1] : line);
}
