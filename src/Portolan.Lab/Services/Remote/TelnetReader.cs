using System.Text;

namespace Portolan.Lab.Services.Remote;

/// <summary>Takes the options out of what a Telnet client sends (RFC 854), refuses them, and gives lines.</summary>
internal sealed class TelnetReader(LineTalk talk)
{
    internal const byte Iac = 255;
    internal const byte Dont = 254;
    internal const byte Do = 253;
    internal const byte Wont = 252;
    internal const byte Will = 251;
    internal const byte Echo = 1;

    private const byte Begin = 250;
    private const byte End = 240;
    private const byte Interrupt = 244;
    private const byte EraseLine = 248;
    private const int MaxLine = 1024;
    private const int MaxRefusals = 200;

    private readonly byte[] _one = new byte[1];
    private bool _wasReturn;
    private int _refusals;

    /// <summary>Whether this side was told to echo, or offered it: what a client says of that is not refused.</summary>
    internal bool OffersEcho { get; set; }

    /// <summary>A line; <c>null</c> at the end. What is longer than a line may be is cut.</summary>
    internal async Task<string?> ReadLineAsync(CancellationToken cancellationToken)
    {
        var line = new StringBuilder();
        while (await NextAsync(cancellationToken) is { } next)
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
                    return line.ToString();
                case 8 or 127:
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
                    }

                    break;
            }
        }

        return null;
    }

    private async Task<bool> CommandAsync(StringBuilder line, CancellationToken cancellationToken)
    {
        var command = await NextAsync(cancellationToken);
        switch (command)
        {
            case Do or Will or Dont or Wont:
                if (await NextAsync(cancellationToken) is not { } option)
                {
                    return false;
                }

                Refuse(command.Value, option);
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

    // Only what asks for something is answered, or two ends would go on for ever (RFC 1143).
    private void Refuse(byte command, byte option)
    {
        if (command is Dont or Wont || (command == Do && option == Echo && OffersEcho) || ++_refusals > MaxRefusals)
        {
            return;
        }

        talk.Write([Iac, command == Do ? Wont : Dont, option]);
    }

    private async Task<bool> SkipAsync(CancellationToken cancellationToken)
    {
        var wasIac = false;
        while (await NextAsync(cancellationToken) is { } next)
        {
            if (wasIac && next == End)
            {
                return true;
            }

            wasIac = next == Iac && !wasIac;
        }

        return false;
    }

    private async ValueTask<byte?> NextAsync(CancellationToken cancellationToken) => await talk.ReadSomeAsync(_one, cancellationToken) > 0 ? _one[0] : null;
}
