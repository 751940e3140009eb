using System.Globalization;

namespace Portolan.Sockets.Stopping;

/// <summary>A signal by the name and number of signal(7).</summary>
/// <param name="Number">1–31.</param>
/// <param name="Name">Without <c>SIG</c>.</param>
public readonly record struct StopSignal(int Number, string Name)
{
    /// <summary>Asks a process to end.</summary>
    public static StopSignal Term { get; } = new(15, "TERM");

    /// <summary>Ends a process without asking.</summary>
    public static StopSignal Kill { get; } = new(9, "KILL");

    /// <summary>The signals that can end a process, with the numbers of every architecture .NET runs on.</summary>
    public static IReadOnlyList<StopSignal> All { get; } =
        [new(1, "HUP"), new(2, "INT"), new(3, "QUIT"), new(6, "ABRT"), Kill, new(10, "USR1"), new(12, "USR2"), Term];

    /// <summary>Reads <c>TERM</c>, <c>SIGTERM</c>, <c>term</c> or <c>15</c>.</summary>
    public static bool TryParse(string text, out StopSignal signal)
    {
        var name = text.StartsWith("SIG", StringComparison.OrdinalIgnoreCase) ? text[3..] : text;
        var isNumber = int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number);
        foreach (var candidate in All)
        {
            if (isNumber ? candidate.Number == number : candidate.Name.Equals(name, StringComparison.OrdinalIgnoreCase))
            {
                signal = candidate;
                return true;
            }
        }

        signal = default;
        return false;
    }

    /// <summary>The name.</summary>
    public override string ToString() => Name;
}
