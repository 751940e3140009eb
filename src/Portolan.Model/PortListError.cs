namespace Portolan.Model;

/// <summary>Why a text is not a port list, and where: enough to print it with a caret.</summary>
/// <param name="Position">Where the fault begins: a 0-based index into the text; its length when something is missing at the end.</param>
/// <param name="Length">How many characters are at fault, at least 1.</param>
/// <param name="Reason">What is wrong, in words, without a full stop.</param>
public readonly record struct PortListError(int Position, int Length, string Reason);

/// <summary>Adds the ports of a service's name to a set; <c>false</c> when unknown the name.</summary>
/// <remarks>Called for list items that begin with a letter, with the whole item: names may hold hyphens.</remarks>
public delegate bool ServicePortLookup(ReadOnlySpan<char> name, PortSet ports);

/// <summary>A text is not a port list.</summary>
public sealed class PortListFormatException : FormatException
{
    /// <summary>Makes the error.</summary>
    public PortListFormatException(PortListError error)
        : base(error.Reason) => Error = error;

    /// <summary>What is wrong and where.</summary>
    public PortListError Error { get; }
}
