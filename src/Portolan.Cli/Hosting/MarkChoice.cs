namespace Portolan.Cli.Hosting;

/// <summary>Whether text for people is in ASCII: by <c>--ascii</c>, or where the locale has no UTF-8.</summary>
public sealed class MarkChoice
{
    /// <summary>Whether <c>--ascii</c> was given.</summary>
    public bool Ascii { get; set; }

    /// <summary>The stream for such text in front of a stream of bytes.</summary>
    public Stream Over(Stream inner, Func<string, string?> environment) =>
        AsciiMarkStream.Over(inner, Ascii ? static name => name == "LC_ALL" ? "C" : null : environment);
}
