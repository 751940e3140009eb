using System.IO.Enumeration;
using Portolan.Model;
using Portolan.Model.Registry;

namespace Portolan.Scan.Targets;

/// <content>One pass over the text.</content>
public sealed partial class PortGrammar
{
    private ref struct Reader(PortGrammar grammar, PortSelection selection, string text)
    {
        private readonly string _text = text;
        private readonly PortGrammar _grammar = grammar;

        // Which protocols items go to now; both unscanned ones and SCTP are read and dropped.
        private PortSet? _tcp = grammar._tcp ? selection.Tcp : null;
        private PortSet? _udp = grammar._udp ? selection.Udp : null;
        private bool _inBrackets;
        private int _bracketAt;

        public bool TryRead(out PortListError error)
        {
            error = default;
            var start = 0;
            while (start < _text.Length)
            {
                var comma = _text.IndexOf(',', start);
                var end = comma < 0 ? _text.Length : comma;
                var (from, to) = Trimmed(start, end);
                if (from == to)
                {
                    // One comma at the end is not a fault, as nmap has it.
                    if (comma < 0 && start > 0)
                    {
                        break;
                    }

                    error = new PortListError(from, 1, "a port is missing here");
                    return false;
                }

                if (!TryReadQualifier(ref from, to, out error) || (from < to && !TryReadItem(from, to, out error)))
                {
                    return false;
                }

                start = end + 1;
            }

            if (_inBrackets)
            {
                error = new PortListError(_bracketAt, 1, "the bracket is not closed");
            }

            return !_inBrackets;
        }

        // T: U: S: before an item, also several one after another.
        private bool TryReadQualifier(ref int from, int to, out PortListError error)
        {
            error = default;
            while (to - from >= 2 && _text[from + 1] == ':')
            {
                var letter = char.ToUpperInvariant(_text[from]);
                switch (letter)
                {
                    case 'T':
                        (_tcp, _udp) = (_grammar._tcp ? selection.Tcp : null, null);
                        _grammar.WarnUnless(_grammar._tcp, "T:", "no TCP scan is requested", "-sS or -sT");
                        break;
                    case 'U':
                        (_tcp, _udp) = (null, _grammar._udp ? selection.Udp : null);
                        _grammar.WarnUnless(_grammar._udp, "U:", "no UDP scan is requested", "-sU");
                        break;
                    case 'S':
                        (_tcp, _udp) = (null, null);
                        _grammar.Warn("ports after S: are left out: SCTP is not scanned");
                        break;
                    default:
                        error = new PortListError(
                            from, 2,
                            letter == 'P'
                                ? "P: names IP protocols, which are not scanned"
                                : "protocols are T: (TCP), U: (UDP) and S: (SCTP)");
                        return false;
                }

                (from, _) = (Trimmed(from + 2, to).From, 0);
            }

            return true;
        }

        private bool TryReadItem(int from, int to, out PortListError error)
        {
            error = default;
            if (_text[from] == '[')
            {
                if (_inBrackets)
                {
                    error = new PortListError(from, 1, "brackets do not nest");
                    return false;
                }

                (_inBrackets, _bracketAt) = (true, from);
                (from, to) = Trimmed(from + 1, to);
            }

            var closes = from < to && _text[to - 1] == ']';
            if (closes && !_inBrackets)
            {
                error = new PortListError(to - 1, 1, "this bracket has no opening bracket");
                return false;
            }

            var (itemFrom, itemTo) = Trimmed(from, closes ? to - 1 : to);
            if (itemFrom == itemTo)
            {
                error = new PortListError(Math.Min(itemFrom, _text.Length - 1), 1, "a port is missing here");
                return false;
            }

            var item = _text.AsSpan(itemFrom, itemTo - itemFrom);
            var read = item.ContainsAny("*?") || char.IsAsciiLetter(item[0]) || item.ContainsAnyInRange('a', 'z')
                || item.ContainsAnyInRange('A', 'Z')
                ? TryReadName(itemFrom, item, out error)
                : TryReadNumbers(itemFrom, item, out error);
            _inBrackets &= !closes;
            return read;
        }

        private readonly bool TryReadNumbers(int at, ReadOnlySpan<char> item, out PortListError error)
        {
            if (!PortSet.TryParse(item, out var ports, out error))
            {
                error = error with { Position = error.Position + at };
                return false;
            }

            AddNumbers(_tcp, TransportProtocol.Tcp, ports);
            AddNumbers(_udp, TransportProtocol.Udp, ports);
            return true;
        }

        private readonly void AddNumbers(PortSet? set, TransportProtocol protocol, PortSet ports)
        {
            if (set is null)
            {
                return;
            }

            if (!_inBrackets)
            {
                set.UnionWith(ports);
                return;
            }

            foreach (var port in ports)
            {
                if (!_grammar._registry.PrimaryName(port, protocol).IsEmpty)
                {
                    set.Add(port);
                }
            }
        }

        private readonly bool TryReadName(int at, ReadOnlySpan<char> item, out PortListError error)
        {
            error = default;
            var found = _grammar.Named(item.ToString());
            var fits = false;
            foreach (var entry in found)
            {
                var set = entry.Protocol switch { TransportProtocol.Tcp => _tcp, TransportProtocol.Udp => _udp, _ => null };
                set?.Add(entry.Ports);
                fits |= set is not null;
            }

            // After a letter of a protocol that is not scanned everything is dropped, and that was said.
            if (fits || (_tcp is null && _udp is null && found.Count > 0))
            {
                return true;
            }

            error = new PortListError(at, item.Length, _grammar.WhyNot(item, found));
            return false;
        }

        private readonly (int From, int To) Trimmed(int from, int to)
        {
            while (from < to && char.IsWhiteSpace(_text[from]))
            {
                from++;
            }

            while (to > from && char.IsWhiteSpace(_text[to - 1]))
            {
                to--;
            }

            return (from, to);
        }
    }

    // Every entry with the name or an alias; with wildcards, every entry of which one matches.
    private IReadOnlyList<ServiceEntry> Named(string name)
    {
        if (!name.AsSpan().ContainsAny("*?"))
        {
            return _registry.FindByName(name);
        }

        var found = new List<ServiceEntry>();
        foreach (var entry in _registry.Entries())
        {
            foreach (var alias in entry.Names)
            {
                if (FileSystemName.MatchesSimpleExpression(name, alias.Name, ignoreCase: true))
                {
                    found.Add(entry);
                    break;
                }
            }
        }

        return found;
    }

    private string WhyNot(ReadOnlySpan<char> item, IReadOnlyList<ServiceEntry> found)
    {
        if (found.Count > 0)
        {
            var protocol = found[0].Protocol;
            return protocol switch
            {
                TransportProtocol.Udp => $"{item} is a UDP service ({found[0].Ports}/udp), and UDP is not scanned: add -sU",
                TransportProtocol.Tcp => $"{item} is a TCP service ({found[0].Ports}/tcp), and TCP is not scanned: add -sS or -sT",
                _ => $"{item} is a service of {protocol.Name().ToUpperInvariant()}, which is not scanned",
            };
        }

        var nearest = item.ContainsAny("*?") ? null : NearestWord.Find(item, _registry.Names());
        return $"no service is named {item}{(nearest is null ? "" : $": did you mean {nearest}?")}";
    }

    private void WarnUnless(bool scanned, string letter, string why, string option)
    {
        if (!scanned)
        {
            Warn($"ports after {letter} are left out: {why} (add {option})");
        }
    }
}
