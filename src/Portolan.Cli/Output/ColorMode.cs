namespace Portolan.Cli.Output;

/// <summary>When to use colour, as <c>--color</c> says.</summary>
public enum ColorMode
{
    /// <summary>On a terminal, unless NO_COLOR is set or TERM is dumb.</summary>
    Auto,

    /// <summary>Always.</summary>
    Always,

    /// <summary>Never.</summary>
    Never,
}
