namespace Portolan.Model.Registry;

/// <summary>
/// Reads the words of <c>portolan port</c>: items between commas, each a port, a range as nmap writes one, a name, or the beginning
/// of names with <c>*</c>, each with or without <c>/PROTO</c>. A protocol at the end of a word holds for its other items too.
/// </summary>
/// <param name="services">The registry: a word that is one of its names is that name.</param>
/// <param name="only">The only protocol; <c>null</c> for every one.</param>
public sealed class PortQueryParser(ServiceRegistry services, TransportProtocol? only)
{
    private static readonly string[] ProtocolNames = [.. ServiceRegistry.Protocols.Select(p => p.Name()), TransportProtocol.UdpLite.Name()];

    /// <summary>Reads the value of <c>--protocol</c>.</summary>
    /// <exception cref="PortolanException">It is not a protocol with ports. Exit code <see cref="ExitCode.Usage"/>.</exception>
    public static TransportProtocol ReadProtocol(string text)
    {
        if (TransportProtocolNames.TryParse(text, out var protocol))
        {
            return protocol == TransportProtocol.UdpLite ? TransportProtocol.Udp : protocol;
        }

        var nearest = NearestWord.Find(text, ProtocolNames);
        throw new PortolanException(
            $"'{text}' is not a protocol with ports{(nearest is null ? "" : $"; did you mean {nearest}?")}",
            $"one of {Advice.List(ProtocolNames)}",
            ExitCode.Usage);
    }

    /// <summary>Reads one word.</summary>
    /// <exception cref="PortolanException">It is neither ports nor a name. Exit code <see cref="ExitCode.Usage"/>.</exception>
    public IEnumerable<PortQuery> Parse(string word)
    {
        ArgumentNullException.ThrowIfNull(word);

        // As in netstat's and ss's columns; who takes it too.
        word = word.Length > 1 && word[0] == ':' ? word[1..] : word;

        // A few old names have a slash in them, such as cl/1.
        if (services.FindByName(word).Count > 0)
        {
            return [new PortQuery(word, PortQueryKind.Name, default, only)];
        }

        var items = word.Split(',');
        var (_, shared) = Divide(items.LastOrDefault(static i => !string.IsNullOrWhiteSpace(i)) ?? "");
        var queries = new List<PortQuery>(items.Length);
        var at = 0;
        for (var i = 0; i < items.Length; i++)
        {
            var (text, own) = Divide(items[i]);
            if (text.Length > 0)
            {
                queries.Add(Read(text, Protocol(own ?? shared), word, at + items[i].IndexOf(text, StringComparison.Ordinal)));
            }
            else if (own is not null || items.Length == 1 || i < items.Length - 1)
            {
                // One comma at the end is accepted, as nmap does.
                throw Fault(word, at, 1, "a port or name is missing here");
            }

            at += items[i].Length + 1;
        }

        return queries;
    }

    private static (string Text, string? Protocol) Divide(string item)
    {
        var slash = item.LastIndexOf('/');
        return slash < 0 ? (item.Trim(), null) : (item[..slash].Trim(), item[(slash + 1)..].Trim());
    }

    private TransportProtocol? Protocol(string? text)
    {
        if (text is null)
        {
            return only;
        }

        var named = ReadProtocol(text);
        return only is { } other && other != named
            ? throw new PortolanException(
                $"/{named.Name()} and --protocol {other.Name()} exclude each other", $"leave one of them out", ExitCode.Usage)
            : named;
    }

    private static PortQuery Read(string text, TransportProtocol? protocol, string word, int at)
    {
        if (!text.All(static c => char.IsAsciiDigit(c) || c is '-' or ' '))
        {
            return ReadName(text, protocol, word, at);
        }

        if (!PortSet.TryParse(text, out var ports, out var error))
        {
            throw text.All(char.IsAsciiDigit)
                ? Fault(word, at, text.Length, $"{text} is not a port: a port is a 16-bit number, 0 to 65535")
                : Fault(word, at + error.Position, error.Length, error.Reason);
        }

        var range = ports.Ranges.First();
        return new PortQuery(text, range.Count == 1 ? PortQueryKind.Port : PortQueryKind.Range, range, protocol);
    }

    private static PortQuery ReadName(string text, TransportProtocol? protocol, string word, int at)
    {
        var star = text.IndexOf('*', StringComparison.Ordinal);
        if (star < 0)
        {
            return new PortQuery(text, PortQueryKind.Name, default, protocol);
        }

        if (star == 0)
        {
            throw Fault(
                word, at, 1, "a * needs a name prefix before it",
                $"run portolan port 0-65535 for everything, or portolan port --search TEXT");
        }

        return star == text.Length - 1
            ? new PortQuery(text[..star], PortQueryKind.Prefix, default, protocol)
            : throw Fault(word, at + star, 1, "a * is only allowed at the end", $"run portolan port --search TEXT to look inside names");
    }

    // The caret is worth its lines where the word has more than one part, and it stands right only under plain text.
    private static PortolanException Fault(string word, int at, int length, string reason, Advice? hint = null) =>
        new(reason, hint ?? $"write 443, 443/tcp, 8000-8100, 22,80 or https", ExitCode.Usage)
        {
            Details = length < word.Length && TerminalText.IsPlain(word)
                ? [$"  {word}", $"  {new string(' ', at)}{new string('^', length)}"]
                : [],
        };
}
