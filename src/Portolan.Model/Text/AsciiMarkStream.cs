using System.Text;

namespace Portolan;

/// <summary>
/// Writes what people read in ASCII where their locale has no UTF-8: each mark of our own becomes the letter that comes closest.
/// </summary>
/// <remarks>
/// Each mark takes one column, as before, so tables and drawings stay in line; only an ellipsis that stands alone becomes three points.
/// What is not a mark passes: names of files and processes are bytes of another's. JSON, CSV and files never pass through here.
/// </remarks>
public sealed class AsciiMarkStream : Stream
{
    private const byte FirstOfTwo = 0xc0;
    private const byte FirstOfThree = 0xe0;
    private const byte FirstOfFour = 0xf0;

    private readonly Stream _inner;
    private readonly byte[] _character = new byte[3];
    private int _have;
    private byte _last = (byte)'\n';
    private bool _isEllipsis;

    private AsciiMarkStream(Stream inner) => _inner = inner;

    /// <summary>
    /// The stream for text: this one around <paramref name="inner"/>, or <paramref name="inner"/> itself where the locale has UTF-8.
    /// </summary>
    public static Stream Over(Stream inner, Func<string, string?> environment) => IsUtf8(environment) ? inner : new AsciiMarkStream(inner);

    /// <summary>
    /// Whether the locale writes UTF-8, by the first of LC_ALL, LC_CTYPE and LANG that is set (locale(7)). Where none is, as in containers
    /// and for services, the terminal is taken for one of today.
    /// </summary>
    public static bool IsUtf8(Func<string, string?> environment)
    {
        foreach (var name in (ReadOnlySpan<string>)["LC_ALL", "LC_CTYPE", "LANG"])
        {
            if (environment(name) is { Length: > 0 } locale)
            {
                return locale.Contains("UTF-8", StringComparison.OrdinalIgnoreCase)
                    || locale.Contains("UTF8", StringComparison.OrdinalIgnoreCase);
            }
        }

        return true;
    }

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
    public override void Write(ReadOnlySpan<byte> buffer)
    {
        var output = new Utf8Writer(buffer.Length + 8);
        foreach (var value in buffer)
        {
            Add(value, output);
        }

        _inner.Write(output.Written);
    }

    /// <inheritdoc/>
    public override void Write(byte[] buffer, int offset, int count) => Write(buffer.AsSpan(offset, count));

    /// <inheritdoc/>
    public override void Flush()
    {
        if (_isEllipsis)
        {
            var output = new Utf8Writer(8);
            EndEllipsis((byte)'\n', output);
            _inner.Write(output.Written);
        }

        _inner.Flush();
    }

    /// <inheritdoc/>
    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    /// <inheritdoc/>
    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    /// <inheritdoc/>
    public override void SetLength(long value) => throw new NotSupportedException();

    private void Add(byte value, Utf8Writer output)
    {
        if (_have > 0 || value is >= FirstOfTwo and < FirstOfFour)
        {
            _character[_have++] = value;
            var length = _character[0] >= FirstOfThree ? 3 : 2;
            if (_have == length)
            {
                _have = 0;
                AddCharacter(_character.AsSpan(0, length), output);
            }

            return;
        }

        EndEllipsis(value, output);
        output.Write((ReadOnlySpan<byte>)[value]);
        _last = value;
    }

    private void AddCharacter(ReadOnlySpan<byte> character, Utf8Writer output)
    {
        _ = Rune.DecodeFromUtf8(character, out var rune, out _);
        var mark = Ascii((char)rune.Value);
        EndEllipsis(mark == '\0' ? character[0] : (byte)mark, output);
        if (rune.Value == '…')
        {
            _isEllipsis = true;
        }
        else if (mark == '\0')
        {
            output.Write(character);
            _last = character[^1];
        }
        else
        {
            output.Write(mark);
            _last = (byte)mark;
        }
    }

    /// <summary>
    /// Where a word was cut it is one column wide; where it stands for more of the same, three points, as people type it.
    /// </summary>
    private void EndEllipsis(byte next, Utf8Writer output)
    {
        if (_isEllipsis)
        {
            _isEllipsis = false;
            var standsAlone = _last is (byte)' ' or (byte)'\n' && next is (byte)' ' or (byte)'\n' or (byte)',' or (byte)')';
            output.Write(standsAlone ? "..."u8 : "~"u8);
            _last = (byte)'.';
        }
    }

    private static char Ascii(char mark) => mark switch
    {
        '–' or '−' or '·' or '─' => '-',
        '→' or '▶' => '>',
        '◀' => '<',
        '│' or '├' => '|',
        '└' => '`',
        '×' or '✘' => 'x',
        '✔' => '+',
        'µ' => 'u',
        _ => '\0',
    };
}
