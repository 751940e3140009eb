namespace Portolan.Cli.Output;

/// <summary>How a piece of text stands out on a terminal (ECMA-48 SGR). Never the only carrier of a meaning.</summary>
public enum AnsiStyle : byte
{
    /// <summary>The terminal's own colours.</summary>
    None,

    /// <summary>Bold: headings.</summary>
    Bold,

    /// <summary>Faint: what matters less.</summary>
    Dim,

    /// <summary>Something is wrong.</summary>
    Red,

    /// <summary>Something is right.</summary>
    Green,

    /// <summary>Something deserves a look.</summary>
    Yellow,

    /// <summary>A name.</summary>
    Blue,

    /// <summary>Rarely.</summary>
    Magenta,

    /// <summary>A command to run.</summary>
    Cyan,

    /// <summary>Foreground and background exchanged: the chosen line.</summary>
    Reverse,
}

/// <summary>Writes styled text.</summary>
public static class AnsiStyles
{
    /// <summary>What starts the style, or nothing.</summary>
    public static ReadOnlySpan<byte> Start(AnsiStyle style) => style switch
    {
        AnsiStyle.Bold => "\x1b[1m"u8,
        AnsiStyle.Dim => "\x1b[2m"u8,
        AnsiStyle.Red => "\x1b[31m"u8,
        AnsiStyle.Green => "\x1b[32m"u8,
        AnsiStyle.Yellow => "\x1b[33m"u8,
        AnsiStyle.Blue => "\x1b[34m"u8,
        AnsiStyle.Magenta => "\x1b[35m"u8,
        AnsiStyle.Cyan => "\x1b[36m"u8,
        AnsiStyle.Reverse => "\x1b[7m"u8,
        _ => default,
    };

    /// <summary>What ends any style.</summary>
    public static ReadOnlySpan<byte> Reset => "\x1b[0m"u8;

    /// <summary>Writes text of our own in a style when <paramref name="color"/> is on.</summary>
    public static void Write(this Utf8Writer writer, ReadOnlySpan<char> text, AnsiStyle style, bool color)
    {
        if (!color || style == AnsiStyle.None)
        {
            writer.Write(text);
            return;
        }

        writer.Write(Start(style));
        writer.Write(text);
        writer.Write(Reset);
    }

    /// <summary>
    /// Decides for one stream: --color first, then NO_COLOR (any non-empty value) and TERM=dumb, then whether it is a terminal.
    /// </summary>
    public static bool Enabled(ColorMode mode, bool isTerminal, Func<string, string?> environment) => mode switch
    {
        ColorMode.Always => true,
        ColorMode.Never => false,
        _ => isTerminal && string.IsNullOrEmpty(environment("NO_COLOR")) && environment("TERM") is not (null or "" or "dumb"),
    };
}

/// <summary>When to use colour, as <c>--color</c> says.</summary>
public enum ColorMode
{
    /// <summary>On a terminal, unless NO_COLOR is set or TERM is dumb.</summary>
    Auto,

    /// <summary>Also to pipes and files.</summary>
    Always,

    /// <summary>Without escape sequences.</summary>
    Never,
}
