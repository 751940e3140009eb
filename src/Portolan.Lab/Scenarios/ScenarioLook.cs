namespace Portolan.Lab.Scenarios;

/// <summary>How a scenario is printed for people.</summary>
/// <param name="Columns">The width of the terminal; <c>null</c> when there is none.</param>
/// <param name="Colors">Whether there is colour.</param>
public readonly record struct ScenarioLook(int? Columns, bool Colors)
{
    /// <summary>The most columns: longer lines are hard to read, and most terminals have as many.</summary>
    internal const int UsualColumns = 80;

    /// <summary>Of what stands below a sentence.</summary>
    internal const int Indentation = 3;

    /// <summary>Narrower terminals get lines of so many.</summary>
    internal const int FewestColumns = 40;

    /// <summary>What nothing is longer than, where it can be broken.</summary>
    internal int Width => Math.Clamp(Columns ?? UsualColumns, FewestColumns, UsualColumns);

    internal string Heading(string text) => Paint(text, "1");

    /// <summary>Something that is as it should be.</summary>
    internal string Good(string text) => Paint(text, "32");

    /// <summary>Something that is not.</summary>
    internal string Bad(string text) => Paint(text, "31");

    /// <summary>ECMA-48, select graphic rendition.</summary>
    private string Paint(string text, string style) => Colors ? $"\e[{style}m{text}\e[0m" : text;
}
