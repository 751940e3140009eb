namespace Portolan.Firewall.Changing;

/// <summary>What one of Portolan's own rules does.</summary>
public enum OwnAction
{
    /// <summary>Lets new connections in, as far as Portolan's table is asked: another table's drop is final.</summary>
    Allow,

    /// <summary>Drops: the sender sees a timeout.</summary>
    Block,

    /// <summary>Answers: TCP with a reset, everything else with port unreachable.</summary>
    Reject,

    /// <summary>Drops what no rule allows: the default drop, last of all.</summary>
    Close,
}

/// <summary>The words of actions, as commands and as Portolan's notes in its table.</summary>
public static class OwnActionWords
{
    /// <summary>The word.</summary>
    public static string Word(this OwnAction action) => action switch
    {
        OwnAction.Allow => "allow",
        OwnAction.Block => "block",
        OwnAction.Reject => "reject",
        _ => "close-unused",
    };

    /// <summary>Reads a word.</summary>
    public static bool TryParse(string word, out OwnAction action)
    {
        foreach (var candidate in (ReadOnlySpan<OwnAction>)[OwnAction.Allow, OwnAction.Block, OwnAction.Reject, OwnAction.Close])
        {
            if (string.Equals(candidate.Word(), word, StringComparison.Ordinal))
            {
                action = candidate;
                return true;
            }
        }

        action = default;
        return false;
    }
}
