using System.Text;

namespace Portolan.Lab.Scenarios.Clients;

/// <summary>Speaks one of the protocols that are made of lines, such as SMTP or FTP, and keeps what was said for people to read.</summary>
/// <param name="stream">The connection; the caller disposes it.</param>
internal sealed class Talk(Stream stream)
{
    private const int MostBytes = 64 << 10;

    private readonly List<byte> _unread = [];
    private readonly byte[] _buffer = new byte[4096];

    /// <summary>What was said: the client's lines begin with <c>C:</c>, the server's with <c>S:</c>.</summary>
    internal List<string> Transcript { get; } = [];

    /// <summary>Says lines.</summary>
    internal async Task SayAsync(params string[] lines)
    {
        Transcript.AddRange(lines.Select(static l => $"C: {l}"));
        await stream.WriteAsync(Encoding.UTF8.GetBytes(string.Concat(lines.Select(static l => l + "\r\n"))));
    }

    /// <summary>Hears a line.</summary>
    /// <exception cref="IOException">The connection ended, or the line does not.</exception>
    internal async Task<string> HearAsync()
    {
        int end;
        while ((end = _unread.IndexOf((byte)'\n')) < 0)
        {
            var length = await stream.ReadAsync(_buffer);
            if (length == 0 || _unread.Count > MostBytes)
            {
                throw new IOException(
                    length == 0 ? "the server closed the connection in the middle of a talk" : "the server says a line that does not end");
            }

            _unread.AddRange(_buffer.AsSpan(0, length));
        }

        var line = Encoding.UTF8.GetString([.. _unread.Take(end)]).TrimEnd('\r');
        _unread.RemoveRange(0, end + 1);
        Transcript.Add($"S: {line}");
        return line;
    }

    /// <summary>Hears lines up to one that ends an answer, which it returns.</summary>
    internal async Task<string> HearUntilAsync(Func<string, bool> isLast)
    {
        while (true)
        {
            var line = await HearAsync();
            if (isLast(line))
            {
                return line;
            }
        }
    }

    /// <summary>
    /// Says a line and hears the answer of SMTP or FTP: lines with a code, of which the last has a space behind it (RFC 5321 section
    /// 4.2.1).
    /// </summary>
    internal async Task<string> AskAsync(string line)
    {
        await SayAsync(line);
        return await AnswerAsync();
    }

    /// <summary>Hears an answer of SMTP or FTP.</summary>
    internal Task<string> AnswerAsync() => HearUntilAsync(static l => l.Length < 4 || l[3] != '-');
}
