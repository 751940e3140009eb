namespace Portolan.Lab.Topology.Reading;

/// <summary>A value of several words, read word by word: <c>drop tcp from 198.18.0.0/24 port 23</c>.</summary>
internal sealed class Phrase
{
    private readonly TreeScalar _scalar;
    private readonly List<(int Offset, string Word)> _words = [];
    private int _next;

    /// <summary>Splits the value at white space.</summary>
    public Phrase(TreeScalar scalar)
    {
        _scalar = scalar;
        var text = scalar.Text;
        for (var i = 0; i < text.Length;)
        {
            var start = i;
            while (i < text.Length && !char.IsWhiteSpace(text[i]))
            {
                i++;
            }

            if (i > start)
            {
                _words.Add((start, text[start..i]));
            }
            else
            {
                i++;
            }
        }
    }

    /// <summary>The value.</summary>
    public TreeScalar Whole => _scalar;

    /// <summary>The next word; empty at the end.</summary>
    public string Word => _next < _words.Count ? _words[_next].Word : "";

    /// <summary>Whether all words are read.</summary>
    public bool IsAtEnd => _next >= _words.Count;

    /// <summary>The place of the next word; of the end, the place behind the last.</summary>
    public TreeScalar Place => _scalar.At(_next < _words.Count ? _words[_next].Offset : _scalar.Text.Length);

    /// <summary>Takes the next word.</summary>
    public string Take() => IsAtEnd ? "" : _words[_next++].Word;

    /// <summary>Takes the next word when it is this one.</summary>
    public bool TryTake(string word)
    {
        var matches = Word == word;
        _next += matches ? 1 : 0;
        return matches;
    }

    /// <summary>Takes the next words when they are these.</summary>
    public bool TryTake(params ReadOnlySpan<string> words)
    {
        if (_words.Count - _next < words.Length)
        {
            return false;
        }

        for (var i = 0; i < words.Length; i++)
        {
            if (_words[_next + i].Word != words[i])
            {
                return false;
            }
        }

        _next += words.Length;
        return true;
    }

    /// <summary>Takes <c>tcp</c> or <c>udp</c> when it is next.</summary>
    public bool TryTakeProtocol(out TransportProtocol protocol)
    {
        protocol = Word == "udp" ? TransportProtocol.Udp : TransportProtocol.Tcp;
        return TryTake("tcp") || TryTake("udp");
    }

    /// <summary>Takes an action of a firewall, with the error of a <c>reject</c>; anything else is a fault.</summary>
    public FirewallAction? TakeAction(FaultList faults)
    {
        if (TryTake("allow"))
        {
            return FirewallAction.Allow;
        }

        if (TryTake("drop"))
        {
            return FirewallAction.Drop;
        }

        if (!TryTake("reject"))
        {
            faults.Unknown(Place, "no action is named", Word, ["allow", "drop", "reject"]);
            return null;
        }

        return TakeRejectKind(faults) is { } kind ? new FirewallAction(FirewallActionKind.Reject, kind) : null;
    }

    /// <summary>Takes <c>with</c> and an error, when it is there; port-unreachable when not.</summary>
    public RefusalKind? TakeRejectKind(FaultList faults)
    {
        if (!TryTake("with"))
        {
            return RefusalKind.PortUnreachable;
        }

        var at = Place;
        return Words.Reject(at, Take(), faults);
    }

    /// <summary>Takes a list of ports, by numbers and names; anything else is a fault.</summary>
    public PortSet? TakePorts(TransportProtocol protocol, FaultList faults)
    {
        var at = Place;
        return PortText.ReadList(at, Take(), protocol, faults);
    }

    /// <summary>Reports words that are left.</summary>
    public bool EndsHere(Advice expected, FaultList faults)
    {
        if (IsAtEnd)
        {
            return true;
        }

        faults.Error(Place, $"{FaultList.Quote(Word)} is not understood here", expected);
        return false;
    }
}
