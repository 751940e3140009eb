namespace Portolan.Scan.Identification;

/// <summary>What a server does with a question of another protocol. The next question to a port is chosen by it.</summary>
public enum HttpReaction : byte
{
    /// <summary>Not known, or not always the same.</summary>
    Unknown,

    /// <summary>It closes the connection without a word.</summary>
    Closes,

    /// <summary>It says nothing and waits for more.</summary>
    Waits,

    /// <summary>It says something, by which it is known then.</summary>
    Speaks,
}
