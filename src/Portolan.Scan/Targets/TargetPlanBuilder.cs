using Portolan.Model;

namespace Portolan.Scan.Targets;

/// <summary>Reads words of the target grammar, looks names up, and makes the plan of a run.</summary>
/// <remarks>
/// <code>
/// var builder = new TargetPlanBuilder(options);
/// builder.Add("10.0.0.0/24");              // each TARGET of the command line
/// builder.AddFile("hosts.txt");            // -iL; AddText for stdin
/// builder.Exclude("10.0.0.7,10.0.0.9");    // --exclude, --excludefile with ExcludeFile
/// await builder.ResolveAsync(lookup, cancellation);
/// var plan = builder.Build();              // and builder.Problems is what was left out
/// </code>
/// A word that is not a target throws at once, before anything is looked up or sent. A name that cannot be found is a
/// <see cref="TargetProblem"/>, unless it is an exclude: then the run must not start. For one thread.
/// </remarks>
public sealed partial class TargetPlanBuilder
{
    /// <summary>The most words of targets and excludes together; they stay below 256 MB.</summary>
    public const int MostWords = 1 << 20;

    /// <summary>Of these, the most that are more than addresses and ranges of IPv4: names, lists of octets, IPv6.</summary>
    public const int MostLongWords = 250_000;

    // Room for what one word comes to: a name's addresses, and the parts of a prefix around each.
    private const int OrdersPerWord = 1 << 20;

    private readonly TargetOptions _options;
    private readonly PortPool _pool;
    private readonly List<TargetItem> _items = [];
    private readonly PlainTargets _plain = new();
    private readonly Dictionary<(bool IsIPv4, uint Scope, UInt128 First, UInt128 Last), int> _numbers = [];
    private readonly List<TargetProblem> _problems = [];
    private long _words;
    private int _parsed;
    private int _longWords;

    /// <summary>Makes a builder without targets.</summary>
    public TargetPlanBuilder(TargetOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        _options = options;
        _pool = new PortPool(options.Ports);
    }

    /// <summary>What was left out; said by the command, which then ends with exit code 3.</summary>
    public IReadOnlyList<TargetProblem> Problems => _problems;

    /// <summary>How many words named targets.</summary>
    public long WordCount => _words;

    /// <summary>Adds a target.</summary>
    /// <exception cref="PortolanException">The word is none. Exit code 2.</exception>
    public void Add(string word) => Add(word, place: null);

    /// <summary>
    /// Adds the targets of a text: words between spaces and line ends; from <c>#</c> to the line's end is a comment (<c>-iL</c>).
    /// </summary>
    /// <param name="text">The text; read to its end.</param>
    /// <param name="source">Its name in messages, such as <c>hosts.txt</c> or <c>standard input</c>.</param>
    /// <exception cref="PortolanException">A word is not a target. Exit code 2.</exception>
    public void AddText(TextReader text, string source)
    {
        foreach (var (word, line) in TargetFile.Words(text))
        {
            Add(word, $"{source}, line {line}");
        }
    }

    /// <summary>Adds the targets of a file (<c>-iL FILE</c>).</summary>
    /// <exception cref="PortolanException">The file cannot be read, or a word in it is not a target. Exit code 2.</exception>
    public void AddFile(string path)
    {
        using var text = TargetFile.Open(path, "-iL");
        AddText(text, path);
    }

    /// <summary>Leaves targets out, whoever names them: words between commas (<c>--exclude</c>).</summary>
    /// <exception cref="PortolanException">A word is not a target. Exit code 2.</exception>
    public void Exclude(string list)
    {
        ArgumentNullException.ThrowIfNull(list);
        foreach (var word in list.Split(',', StringSplitOptions.TrimEntries))
        {
            if (word.Length == 0)
            {
                throw new PortolanException(
                    $"--exclude \"{TargetError.Shortened(list)}\": a target is missing between commas",
                    $"write --exclude 192.0.2.7,192.0.2.9", ExitCode.Usage);
            }

            // A comma may have meant an octet list.
            if (TargetGrammar.IsNumeric(word) && word.AsSpan().Count('.') is not (3 or 6))
            {
                throw new PortolanException(
                    $"--exclude \"{TargetError.Shortened(list)}\": \"{word}\" is not a target, because commas separate targets here",
                    $"put octet lists (10.0.0.1,3) into a file for --excludefile",
                    ExitCode.Usage);
            }

            ExcludeWord(word, place: null);
        }
    }

    /// <summary>Leaves the targets of a text out; the text is as for <see cref="AddText"/>.</summary>
    /// <exception cref="PortolanException">A word is not a target. Exit code 2.</exception>
    public void ExcludeText(TextReader text, string source)
    {
        foreach (var (word, line) in TargetFile.Words(text))
        {
            ExcludeWord(word, $"{source}, line {line}");
        }
    }

    /// <summary>Leaves the targets of a file out (<c>--excludefile FILE</c>).</summary>
    /// <exception cref="PortolanException">The file cannot be read, or a word in it is not a target. Exit code 2.</exception>
    public void ExcludeFile(string path)
    {
        using var text = TargetFile.Open(path, "--excludefile");
        ExcludeText(text, path);
    }

    /// <summary>
    /// The plan of all that was added. Empty (<see cref="TargetPlan.HostCount"/> is 0) when excludes or problems left nothing.
    /// </summary>
    /// <exception cref="InvalidOperationException">Names are still to be looked up: <see cref="ResolveAsync"/> comes first.</exception>
    /// <exception cref="PortolanException">Hosts or probes are more than 2^64 - 1. Exit code 2.</exception>
    public TargetPlan Build()
    {
        if (_pending.Count > 0)
        {
            throw new InvalidOperationException("names are still to be looked up");
        }

        return PlanLayout.Make(_items, _plain, OrdersPerWord, _pool);
    }

    private void Add(string word, string? place)
    {
        var expression = Parse(word, place);
        var order = _words++ * OrdersPerWord;
        var ports = PortsOf(expression, word, place);
        if (expression.Kind == TargetKind.Name)
        {
            _pending.Add(new PendingName(word, expression, order, ports));
            return;
        }

        if (expression.Last - expression.First >= ulong.MaxValue)
        {
            throw new PortolanException(
                $"{(place is null ? "" : place + ": ")}\"{TargetError.Shortened(word)}\": "
                    + $"{Math.Round(double.Log2((double)(expression.Last - expression.First)))} bits of addresses are "
                    + $"more than can be scanned",
                $"name a smaller prefix (a /104 has 16 million addresses), or the hosts themselves",
                ExitCode.Usage);
        }

        AddItem(expression, order, name: null, ports, ScopeOf(expression, word, place));
    }

    private void ExcludeWord(string word, string? place)
    {
        var expression = Parse(word, place);
        if (expression.Ports is not null)
        {
            throw new PortolanException(
                $"{(place is null ? "" : place + ": ")}\"{TargetError.Shortened(word)}\": an exclude names hosts, not ports",
                $"leave out the ports, or exclude ports on all hosts with --exclude-ports",
                ExitCode.Usage);
        }

        if (expression.Kind == TargetKind.Name)
        {
            _pending.Add(new PendingName(word, expression, TargetItem.Excluded, 0));
            return;
        }

        AddItem(expression, TargetItem.Excluded, name: null, ports: 0, ScopeOf(expression, word, place));
    }

    private TargetExpression Parse(string word, string? place)
    {
        ArgumentNullException.ThrowIfNull(word);
        if (++_parsed > MostWords)
        {
            throw new PortolanException(
                $"{(place is null ? "" : place + ": ")}more than {MostWords:N0} targets and excludes",
                $"write neighbours as one range or prefix, or scan in several runs", ExitCode.Usage);
        }

        if (!TargetGrammar.TryParse(word, out var expression, out var error))
        {
            throw error.ToException(word, place);
        }

        return expression is { Kind: TargetKind.Addresses, IsIPv4: true } || ++_longWords <= MostLongWords
            ? expression
            : throw new PortolanException(
            $"{(place is null ? "" : place + ": ")}more than {MostLongWords:N0} targets and excludes that are names, lists of octets or "
                + $"IPv6", $"write them as addresses and ranges of IPv4, or scan in several runs", ExitCode.Usage);
    }

    // Many hosts name the same ports, so each text is read once.
    private int PortsOf(TargetExpression expression, string word, string? place)
    {
        if (expression.Ports is not { } text)
        {
            return 0;
        }

        if (_pool.TryFind(text, out var known))
        {
            return known;
        }

        if (!_options.PortGrammar.TryParse(text, out var ports, out var error))
        {
            throw new TargetError(
                expression.PortsAt + error.Position, error.Length, error.Reason,
                $"write 192.0.2.7:80,443 or 192.0.2.7:8000-8100").ToException(word, place);
        }

        return _pool.Add(text, _options.ExcludedPorts.Count == 0 ? ports : ports.Except(_options.ExcludedPorts));
    }

    private uint ScopeOf(TargetExpression expression, string word, string? place)
    {
        if (expression.Zone is not { } zone)
        {
            return 0;
        }

        if (uint.TryParse(zone, System.Globalization.NumberStyles.None, System.Globalization.CultureInfo.InvariantCulture, out var number))
        {
            return number;
        }

        return _options.FindInterface?.Invoke(zone) ?? throw new TargetError(
            word.IndexOf('%', StringComparison.Ordinal) + 1, zone.Length, $"no interface is named {zone}",
            $"ip link shows the interfaces").ToException(word, place);
    }

    // Words for the same addresses are one item, with the ports of all: a list may name a host once for each of its ports.
    private void AddItem(TargetExpression expression, long order, string? name, int ports, uint scope)
    {
        if (expression is { IsIPv4: true, Octets: null } && scope == 0 && name is null
            && (order == TargetItem.Excluded || order % OrdersPerWord == 0))
        {
            _plain.Add(
                order == TargetItem.Excluded ? -1 : (int)(order / OrdersPerWord), (uint)expression.First, (uint)expression.Last, ports);
            return;
        }

        var item = new TargetItem(order, expression.IsIPv4, scope, expression.First, expression.Last, expression.Octets, name, ports);
        if (item.Octets is null && !item.IsExclude)
        {
            var key = (item.IsIPv4, scope, item.First, item.Last);
            if (_numbers.TryGetValue(key, out var known))
            {
                // Names come after addresses here, whatever their place in the list.
                var earlier = _items[known];
                if (order < earlier.Order)
                {
                    item.Next = earlier;
                    _items[known] = item;
                }
                else
                {
                    item.Next = earlier.Next;
                    earlier.Next = item;
                }

                return;
            }

            _numbers.Add(key, _items.Count);
        }

        _items.Add(item);
    }
}

/// <summary>A target that is left out of a run while the others are scanned; the run then ends with exit code 3.</summary>
/// <param name="Word">The word as it was given.</param>
/// <param name="Message">What is wrong with it, in one sentence without a full stop.</param>
/// <param name="Hint">What to do about it, or <c>null</c>.</param>
public sealed record TargetProblem(string Word, string Message, Advice? Hint);
