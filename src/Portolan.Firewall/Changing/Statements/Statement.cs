using Portolan.Firewall.Changing.Table;

namespace Portolan.Firewall.Changing.Statements;

/// <summary>
/// A part of one of the kernel rules that Portolan writes, as text of nft and as bytecode. Both mean the same: nft makes the same bytecode
/// of the text.
/// </summary>
public abstract record Statement
{
    /// <summary>The text, such as <c>tcp dport 22</c>.</summary>
    public abstract string Text { get; }

    /// <summary>Writes the bytecode.</summary>
    public abstract void Write(ExpressionWriter writer);
}
