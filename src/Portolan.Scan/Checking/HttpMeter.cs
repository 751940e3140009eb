namespace Portolan.Scan.Checking;

/// <summary>
/// Finds where the header of an answer ends in what a server of HTTP/1.1 sends, and counts what came behind it: more than the client takes
/// for the body.
/// </summary>
internal sealed class HttpMeter
{
    /// <summary>Where the status begins in <c>HTTP/1.1 200 OK</c>.</summary>
    private const int StatusAt = 9;

    private int _headLength;
    private int _lineLength;
    private bool _isInterim;
    private bool _isBehind;
    private long _count;
    private long _lineEnds;

    /// <summary>How much came behind a body; line ends alone, which some servers add, are nothing.</summary>
    /// <param name="bodyLength">The body's length. Bytes.</param>
    public long Behind(long bodyLength) => _count - bodyLength is var more && more > _lineEnds ? more : 0;

    /// <summary>Looks at what came.</summary>
    public void Take(ReadOnlySpan<byte> bytes)
    {
        var rest = bytes;
        while (!_isBehind && !rest.IsEmpty)
        {
            TakeOfHead(rest[0]);
            rest = rest[1..];
        }

        _count += rest.Length;
        var text = rest.TrimEnd("\r\n"u8).Length;
        _lineEnds = rest.Length - text + (text == 0 ? _lineEnds : 0);
    }

    private void TakeOfHead(byte one)
    {
        // Empty lines before an answer do not count (RFC 9112 section 2.2).
        if (_headLength == 0 && (one is (byte)'\r' or (byte)'\n'))
        {
            return;
        }

        _isInterim = _headLength == StatusAt ? one == '1' : _isInterim;
        _headLength++;
        _lineLength += one is (byte)'\r' or (byte)'\n' ? 0 : 1;
        if (one != '\n')
        {
            return;
        }

        if (_lineLength == 0)
        {
            // The answer itself follows one that is interim, such as 103 (RFC 9110 section 15.2).
            _isBehind = !_isInterim;
            _headLength = 0;
        }

        _lineLength = 0;
    }
}
