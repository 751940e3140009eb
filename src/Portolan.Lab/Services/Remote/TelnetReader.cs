using System.Text;

namespace Portolan.Lab.Services.Remote;

/// <summary>
/// What a Telnet client sends (RFC 854): options are negotiated here, and lines are given, echoed where the client leaves that to this
/// side (RFC 857).
/// </summary>
internal sealed class TelnetReader(LineTalk talk)
{
    private const byte Iac = 255;
    private const byte Dont = 254;
    private const byte Do = 253;
    private const byte Wont = 252;
    private const byte Will = 251;
    private const byte Begin = 250;
    private const byte End = 240;
    private const byte Interrupt = 244;
    private const byte EraseLine = 248;
    private const byte Echo = 1;
    private const byte SuppressGoAhead = 3;
    private const int MaxLine = 1024;
    private const int MaxRefusals = 200;

    /// <summary>
    /// What a server asks of a terminal: its type (RFC 1091), speed (RFC 1079), X display (RFC 1096), variables (RFC 1572).
    /// </summary>
    private static readonly byte[] Questions = [24, 32, 35, 39];

    private readonly byte[] _one = new byte[1];
    private readonly HashSet<byte> _asked = [];
    private readonly HashSet<byte> _offered = [];
    private Task<byte?>? _ahead;
    private bool _echoes;
    private bool _wasReturn;
    private int _refusals;

    /// <summary>Whether what is typed is not to be seen, as a password.</summary>
    internal bool IsHidden { get; set; }

    /// <summary>
    /// Asks the client about its terminal, waits for its answers, but not long, for netcat gives none, and then offers to echo.
    /// </summary>
    /// <param name="patience">How long.</param>
    /// <param name="time">The time of the host.</param>
    /// <param name="cancellationToken">The end of the lab.</param>
    internal async Task NegotiateAsync(TimeSpan patience, TimeProvider time, CancellationToken cancellationToken)
    {
        foreach (var option in Questions)
        {
            _asked.Add(option);
            talk.Write([Iac, Do, option]);
        }

        await talk.FlushAsync(cancellationToken);
        var late = Task.Delay(patience, time, cancellationToken);
        while (_asked.Count > 0)
        {
            _ahead ??= NextAsync(cancellationToken);
            if (await Task.WhenAny(_ahead, late) == late || await _ahead is not Iac)
            {
                // What was typed, or the end, is for the reader of lines.
                break;
            }

            _ahead = null;
            if (!await CommandAsync(new StringBuilder(), cancellationToken))
            {
                break;
            }
        }

        foreach (var option in (byte[])[SuppressGoAhead, Echo])
        {
            _offered.Add(option);
            talk.Write([Iac, Will, option]);
        }
    }

    /// <summary>A line; <c>null</c> at the end. What is longer than a line may be is cut.</summary>
    internal async Task<string?> ReadLineAsync(CancellationToken cancellationToken)
    {
        var line = new StringBuilder();

        // A read may be under way since the negotiation, and would not send it.
        await talk.FlushAsync(cancellationToken);
        while (await TakeAsync(cancellationToken) is { } next)
        {
            // CR LF, CR NUL, or LF alone ends a line (RFC 854).
            var wasReturn = _wasReturn;
            _wasReturn = next == '\r';
            if (wasReturn && next is (byte)'\n' or 0)
            {
                continue;
            }

            switch (next)
            {
                case (byte)'\r' or (byte)'\n':
                    Show("\r\n"u8);
                    return line.ToString();
                case 8 or 127:
                    Show(line.Length > 0 ? "\b \b"u8 : default);
                    line.Length -= line.Length > 0 ? 1 : 0;
                    break;
                case 4 when line.Length == 0:
                    return null;
                case Iac:
                    if (!await CommandAsync(line, cancellationToken))
                    {
                        return null;
                    }

                    break;
                default:
                    if (line.Length < MaxLine)
                    {
                        line.Append((char)next);
                        Show([next]);
                    }

                    break;
            }
        }

        return null;
    }

    private void Show(ReadOnlySpan<byte> bytes)
    {
        if (_echoes && !IsHidden)
        {
            talk.Write(bytes);
        }
    }

    private async Task<bool> CommandAsync(StringBuilder line, CancellationToken cancellationToken)
    {
        var command = await TakeAsync(cancellationToken);
        switch (command)
        {
            case Do or Will or Dont or Wont:
                if (await TakeAsync(cancellationToken) is not { } option)
                {
                    return false;
                }

                Hear(command.Value, option);
                return true;
            case Begin:
                return await SkipAsync(cancellationToken);
            case Interrupt or EraseLine:
                line.Clear();
                return true;
            case Iac:
                line.Append((char)Iac);
                return true;
            default:
                return command is not null;
        }
    }

    /// <summary>Takes an answer to what this side asked or offered, and refuses what the client asks for.</summary>
    /// <remarks>An answer gets none, or two ends would go on for ever (RFC 1143).</remarks>
    private void Hear(byte command, byte option)
    {
        var isAnswer = command is Will or Wont ? _asked.Remove(option) : _offered.Contains(option);
        if (isAnswer && option == Echo)
        {
            _echoes = command == Do;
        }

        if (!isAnswer && command is Do or Will && ++_refusals <= MaxRefusals)
        {
            talk.Write([Iac, command == Do ? Wont : Dont, option]);
        }
    }

    private async Task<bool> SkipAsync(CancellationToken cancellationToken)
    {
        var wasIac = false;
        while (await TakeAsync(cancellationToken) is { } next)
        {
            if (wasIac && next == End)
            {
                return true;
            }

            wasIac = next == Iac && !wasIac;
        }

        return false;
    }

    private Task<byte?> TakeAsync(CancellationToken cancellationToken)
    {
        var ahead = _ahead;
        _ahead = null;
        return ahead ?? NextAsync(cancellationToken);
    }

    private async Task<byte?> NextAsync(CancellationToken cancellationToken) =>
        await talk.ReadSomeAsync(_one, cancellationToken) > 0 ? _one[0] : null;
}
