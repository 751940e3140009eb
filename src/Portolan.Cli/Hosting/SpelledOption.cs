using System.CommandLine;

namespace Portolan.Cli.Hosting;

/// <summary>
/// An option that people also know by a word the parser cannot take, such as nmap's <c>-sS</c>; the command's normaliser expands it.
/// </summary>
public interface ISpelledOption
{
    /// <summary>The word, shown first in help.</summary>
    string Spelling { get; }
}

/// <summary>See <see cref="ISpelledOption"/>.</summary>
/// <param name="name">The long name.</param>
/// <param name="spelling">The word people know.</param>
public sealed class SpelledOption<T>(string name, string spelling) : Option<T>(name), ISpelledOption
{
    /// <inheritdoc/>
    public string Spelling { get; } = spelling;
}
