using System.Globalization;
using Portolan.Firewall.Judging.Fields;
using Portolan.Firewall.Judging.Ports;

namespace Portolan.Firewall.Judging.Compiling;

/// <summary>
/// Which rules of a long chain packets to one port, or from one, may match: those about other ports are not even looked at.
/// </summary>
/// <remarks>
/// As a question it is answered with the shape of a port's rules: ports have the same answer when rule for rule they stand at the same
/// place among the rules about any port, test the same besides the port, and decide the same.
/// </remarks>
internal sealed class PortIndex : IPortQuestion
{
    // Fewer rules are as quickly looked at one by one.
    private const int Minimum = 64;

    // Ranges that overlap much are looked at one by one: each port would list nearly all of them.
    private const int MostPlacesEach = 8;

    private readonly CompiledRule[] _rules;
    private readonly PacketField _field;
    private readonly List<int> _others = [];
    private readonly ushort[] _starts;
    private readonly List<int>?[] _places;
    private int[]? _shapes;
    private int[]? _counts;
    private (ulong Port, int[] Places)? _last;

    private PortIndex(CompiledRule[] rules, PacketField field, ushort widest)
    {
        (_rules, _field) = (rules, field);
        var starts = new SortedSet<ushort> { 0 };
        for (var i = 0; i < rules.Length; i++)
        {
            if (RangeOf(rules[i], field, widest) is { } ports)
            {
                starts.Add(ports.First);
                if (ports.Last < ushort.MaxValue)
                {
                    starts.Add((ushort)(ports.Last + 1));
                }
            }
        }

        _starts = [.. starts];
        _places = new List<int>?[_starts.Length];
        for (var i = 0; i < rules.Length; i++)
        {
            if (RangeOf(rules[i], field, widest) is not { } ports)
            {
                _others.Add(i);
                continue;
            }

            for (var piece = PieceOf(ports.First); piece < _starts.Length && _starts[piece] <= ports.Last; piece++)
            {
                (_places[piece] ??= []).Add(i);
            }
        }
    }

    /// <summary>The index of a chain, or <c>null</c> where none pays.</summary>
    /// <param name="rules">Its rules.</param>
    /// <param name="field">Which port of the packets: the destination's or the source's.</param>
    public static PortIndex? Of(CompiledRule[] rules, PacketField field)
    {
        if (rules.Length < Minimum)
        {
            return null;
        }

        var index = new PortIndex(rules, field, Widest(rules, field));
        return index._starts.Length > 2 ? index : null;
    }

    /// <summary>The places of the rules that packets of the port may match, in order.</summary>
    public int[] PlacesFor(ulong port)
    {
        // The same port is asked about in one chain after the other, and for both ways.
        if (_last is { } last && last.Port == port)
        {
            return last.Places;
        }

        var places = Merge(_places[PieceOf((ushort)port)] ?? []);
        _last = (port, places);
        return places;
    }

    /// <summary>The rules about the port, in order.</summary>
    public IEnumerable<CompiledRule> RulesAbout(ushort port) => (_places[PieceOf(port)] ?? []).Select(place => _rules[place]);

    /// <summary>The tests of the port in these rules, which packets to the port, or from it, pass for sure.</summary>
    public IEnumerable<IPortQuestion> TestsOf(ushort port) => RulesAbout(port).SelectMany(rule => rule.TestsOfPorts(_field));

    int IPortQuestion.Answer(ushort port, ref PortStretch span)
    {
        var piece = PieceOf(port);
        span = span.Beside(new PortStretch(_starts[piece], LastOf(piece)), port);
        return (_shapes ??= Shapes())[piece];
    }

    bool IPortQuestion.IsShared(int answer) => _counts![answer] > 1;

    // Ranges as wide as that, so that few ports have many of them.
    private static ushort Widest(CompiledRule[] rules, PacketField field)
    {
        var ranges = rules.Select(rule => RangeOf(rule, field, ushort.MaxValue)).OfType<PortStretch>().ToList();
        for (var widest = (int)ushort.MaxValue; widest > 0; widest /= 4)
        {
            var starts = ranges.Where(r => r.Last - r.First <= widest)
                .SelectMany(static r => (int[])[r.First, r.Last + 1]).Distinct().Order().ToArray();
            var places = ranges.Where(r => r.Last - r.First <= widest)
                .Sum(r => (long)Array.BinarySearch(starts, r.Last + 1) - Array.BinarySearch(starts, r.First));
            if (places <= (long)MostPlacesEach * rules.Length)
            {
                return (ushort)widest;
            }
        }

        return 0;
    }

    private static PortStretch? RangeOf(CompiledRule rule, PacketField field, ushort widest) =>
        rule.PortsOf(field) is { } found && found.Last - found.First <= widest ? found : null;

    private int PieceOf(ushort port)
    {
        var at = Array.BinarySearch(_starts, port);
        return at < 0 ? ~at - 1 : at;
    }

    private ushort LastOf(int piece) => piece + 1 < _starts.Length ? (ushort)(_starts[piece + 1] - 1) : ushort.MaxValue;

    private int[] Shapes()
    {
        var numbers = new Dictionary<string, int>();
        var shapes = new int[_starts.Length];
        _counts = new int[_starts.Length];
        for (var piece = 0; piece < shapes.Length; piece++)
        {
            var text = string.Join('\n', (_places[piece] ?? []).Select(place => ShapeOf(place, piece)));
            if (!numbers.TryGetValue(text, out var number))
            {
                numbers.Add(text, number = numbers.Count);
            }

            shapes[piece] = number;
            _counts[number]++;
        }

        return shapes;
    }

    private string ShapeOf(int place, int piece)
    {
        var before = _others.BinarySearch(place);
        return _rules[place].ShapeBut(_field) is { } shape
            ? string.Create(CultureInfo.InvariantCulture, $"{~before} {shape}")
            : string.Create(CultureInfo.InvariantCulture, $"only {piece}");
    }

    private int[] Merge(List<int> exact)
    {
        var result = new int[exact.Count + _others.Count];
        var (a, b) = (0, 0);
        for (var i = 0; i < result.Length; i++)
        {
            result[i] = b == _others.Count || (a < exact.Count && exact[a] < _others[b]) ? exact[a++] : _others[b++];
        }

        return result;
    }
}
