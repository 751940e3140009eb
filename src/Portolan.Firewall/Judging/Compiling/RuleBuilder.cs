using Portolan.Firewall.Judging.Fields;
using Portolan.Firewall.Judging.Machine;
using Portolan.Firewall.Judging.Steps;
using Portolan.Firewall.Judging.Values;
using Portolan.Firewall.Rules;

namespace Portolan.Firewall.Judging.Compiling;

/// <summary>
/// Gathers the steps of one rule while its expressions are gone through; holds the registers as they are between two of them.
/// </summary>
/// <remarks>
/// A rule has no branches, so what a register holds is known before a packet comes: fields, constants, or what a map gave. One builder
/// serves the rules of a chain one after the other; nothing that it made holds on to it.
/// </remarks>
internal sealed class RuleBuilder
{
    private const int WordBits = 32;

    private List<RuleStep> _steps = [];
    private readonly RegisterCell[] _cells = new RegisterCell[Register.WordCount];
    private readonly ProgramCompiler _program;
    private int _slots;

    public RuleBuilder(ProgramCompiler program, CompiledChain chain)
    {
        _program = program;
        Chain = chain;
        Reference = chain.Policy;
        Tests = new TestBuilder(this);
    }

    public JudgeContext Context => _program.Context;

    public CompiledChain Chain { get; }

    public RuleReference Reference { get; private set; }

    /// <summary>Makes tests.</summary>
    public TestBuilder Tests { get; }

    /// <summary>Whether nothing behind this point of the rule is ever reached.</summary>
    public bool IsOver { get; private set; }

    /// <summary>Starts a rule.</summary>
    public void Begin(Rule rule)
    {
        Reference = new RuleReference(Chain.Table, Chain.Chain, rule);
        IsOver = false;
        Scope = LimitScope.All;
        _steps.Clear();
        _slots = 0;
        _cells.AsSpan().Clear();
    }

    public void Add(RuleStep step) => _steps.Add(step);

    /// <summary>Ends the rule here, not matched, for every packet.</summary>
    public void Break()
    {
        _steps.Add(BreakStep.Instance);
        IsOver = true;
    }

    /// <summary>Ends the rule here with a decision.</summary>
    public void Decide(Decision decision)
    {
        _steps.Add(new DecisionStep(decision));
        IsOver = true;
    }

    /// <summary>Ends the rule here with a verdict as rules and maps hold it.</summary>
    public void Decide(RuleVerdict verdict)
    {
        switch (verdict.Kind)
        {
            case VerdictKind.Continue:
                return;
            case VerdictKind.Break:
                Break();
                return;
            default:
                Decide(DecisionOf(verdict));
                return;
        }
    }

    /// <summary>What a verdict means in this rule's table.</summary>
    public Decision DecisionOf(RuleVerdict verdict) => verdict.Kind switch
    {
        VerdictKind.Accept => Decision.Accept,
        VerdictKind.Drop or VerdictKind.Stolen => Decision.Drop,
        VerdictKind.Return => Decision.Return,
        VerdictKind.Break => Decision.Break,
        VerdictKind.Queue => Decision.Queue,
        _ => new Decision(verdict.Kind, _program.Chain(Chain.Table, verdict.Chain ?? "")),
    };

    /// <summary>
    /// The verdicts of a map's elements, made once: many rules may look in one map, and what they mean depends on the table alone.
    /// </summary>
    public MapOutcome[] VerdictsOf(KeyedElements elements, Func<MapOutcome[]> make) => _program.VerdictsOf(elements, make);

    /// <summary>A limit of this rule, shared by those that the set shares it among that it stands in, else by all.</summary>
    /// <param name="measure">What it counts, and how much of that.</param>
    public FlowLimit Limit(LimitMeasure measure) => new(Reference, measure, Scope.Sharing) { Group = Scope.Group };

    /// <summary>What the limits that are compiled now count together.</summary>
    public LimitScope Scope { get; set; } = LimitScope.All;

    /// <summary>The destination ports that the tests up to here let through; <c>null</c> where they do not say.</summary>
    public IntervalSet? PortsSoFar
    {
        get
        {
            IntervalSet? ports = null;
            foreach (var step in _steps)
            {
                if (step is FieldTest { IsInverted: false, Condition.Set: { } set } test
                    && (test.Field is PacketField.DestinationPort or PacketField.OriginalDestinationPort))
                {
                    ports = ports?.Intersect(set) ?? set;
                }
            }

            return ports;
        }
    }

    public OpenQuestion Question(string why) => new(Reference, why);

    /// <summary>Goes on both ways, for it is not known whether the rule does.</summary>
    public void Doubt(string why) => Add(new UnknownTest(Question(why)));

    /// <summary>Goes on both ways, and gives the packets up as well: it is not known what the rule does here, be it a verdict.</summary>
    public void MayDecide(string why) => Add(new MayDecideStep(Question(why)));

    /// <summary>A set of the rule's table; <c>null</c> where it, or some of its elements, could not be read.</summary>
    public ElementSet? WholeSet(string name) => Set(name) is { IsPartial: false } set ? set : null;

    public ElementSet? Set(string name) => _program.Set(Chain.Table, name);

    /// <summary>The elements of a set, found by a key of this form.</summary>
    public SetElements Elements(ElementSet set) => _program.Elements(set);

    /// <summary>The index of a set's elements for a key, made once for all rules that look the same key up.</summary>
    public KeyedElements? Keyed(ElementSet set, BitValue key) => _program.Keyed(set, key, this);

    /// <summary>Adds what an expression inside of another does, such as the limit of a set's element.</summary>
    public void CompileInner(Expression expression)
    {
        if (!IsOver)
        {
            _program.Compile(expression, this);
        }
    }

    /// <summary>What an action adds, without adding it: a row of tests to choose from.</summary>
    public RuleStep[] Row(Action add)
    {
        var (steps, isOver) = (_steps, IsOver);
        _steps = [];
        add();
        var row = _steps.ToArray();
        (_steps, IsOver) = (steps, isOver);
        return row;
    }

    /// <summary>Passes packets that pass one of several rows of tests; or, inverted, none.</summary>
    public void AnyOf(bool isInverted, params Action[] rows) => Add(new AnyOfStep([.. rows.Select(Row)], isInverted));

    /// <summary>Adds a test whether a key is in a set; a set that rules change may hold what the packet itself added.</summary>
    public void TestMember(ElementSet set, BitValue key, RuleStep asRead, bool isInverted)
    {
        Add(_program.IsChangedByRules(set)
            ? new SetMemberTest(
                set, key, asRead, isInverted, Question("an earlier rule changed its set under a key that may be the same"))
            : asRead);
    }

    /// <summary>Puts a value into a register and those behind it; the rest of the last word becomes zero.</summary>
    public void Store(Register register, BitValue value)
    {
        var words = (value.Width + WordBits - 1) / WordBits;
        for (var i = 0; i < words && register.Word + i < _cells.Length; i++)
        {
            _cells[register.Word + i] = new RegisterCell(value, i);
        }
    }

    /// <summary>Nothing is known of the registers any more: something that is not evaluated may have loaded any of them.</summary>
    public void Forget(string why)
    {
        for (var i = 0; i < _cells.Length; i++)
        {
            _cells[i] = new RegisterCell(BitValue.Unknown(WordBits / 8, why), 0);
        }
    }

    /// <summary>What a register and those behind it hold.</summary>
    public BitValue Read(Register register, int bytes)
    {
        var word = register.Word;
        if (word >= _cells.Length || word + ((bytes + 3) / 4) > _cells.Length)
        {
            return BitValue.Unknown(bytes, "it reads a register that does not exist");
        }

        var start = _cells[word];
        if (start.IsLoaded && start.Word == 0 && start.Width == bytes * 8)
        {
            return start.Value;
        }

        var list = new BitList();
        for (var left = bytes * 8; left > 0; left -= WordBits, word++)
        {
            var take = Math.Min(left, WordBits);
            var cell = _cells[word];
            if (!cell.IsLoaded)
            {
                list.Append(BitSegment.Unknown(take, "it reads a register that was never loaded"));
                continue;
            }

            var at = cell.Word * WordBits;
            var known = Math.Min(take, cell.Width - at);
            list.Append(cell.Value.Segments, at, known);
            list.Append(BitSegment.Constant(0, take - known));
        }

        return list.ToValue();
    }

    /// <summary>Room for so many bytes that a map gives; <c>null</c> when the rule has used it up.</summary>
    public PacketField[]? TakeSlots(int bytes)
    {
        var count = (bytes + 15) / 16;
        if (_slots + count > PacketFields.SlotCount)
        {
            return null;
        }

        var result = new PacketField[count];
        for (var i = 0; i < count; i++)
        {
            result[i] = (PacketField)((int)PacketField.Slot0 + _slots++);
        }

        return result;
    }

    /// <summary>The rule; <c>null</c> when it can do nothing at all: it breaks at once, or only looks.</summary>
    public CompiledRule? Finish()
    {
        foreach (var step in _steps)
        {
            if (step is BreakStep)
            {
                return null;
            }

            if (!step.IsPure)
            {
                return new CompiledRule(Reference, [.. _steps]);
            }
        }

        return null;
    }
}

/// <summary>A word of the registers: the value that was loaded there, and which of its words it is.</summary>
/// <param name="Value">The value.</param>
/// <param name="Word">The word.</param>
internal readonly record struct RegisterCell(BitValue Value, int Word)
{
    /// <summary>Whether anything was loaded.</summary>
    public bool IsLoaded { get; } = true;

    /// <summary>How many bits the value has.</summary>
    public int Width { get; } = Value.Width;
}
