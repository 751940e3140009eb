using System.Globalization;
using System.Runtime.CompilerServices;

namespace Portolan.Transport;

/// <summary>
/// The ranges of options, checked where they are set: what is outside is the framework's exception with the range in its message.
/// </summary>
internal static class Allowed
{
    /// <summary>A chance: 0 to 1.</summary>
    internal static double Chance(double value, [CallerMemberName] string name = "") =>
        value is >= 0 and <= 1 ? value : throw Outside(name, value, "0 to 1");

    /// <summary>A number from <paramref name="least"/> on.</summary>
    internal static int AtLeast(int least, int value, [CallerMemberName] string name = "") =>
        value >= least ? value : throw Outside(name, value, string.Create(CultureInfo.InvariantCulture, $"{least} or more"));

    /// <summary>A number from <paramref name="least"/> on.</summary>
    internal static long AtLeast(long least, long value, [CallerMemberName] string name = "") =>
        value >= least ? value : throw Outside(name, value, string.Create(CultureInfo.InvariantCulture, $"{least} or more"));

    /// <summary>A number of a range, both ends included.</summary>
    internal static int Between(int least, int most, int value, [CallerMemberName] string name = "") =>
        value >= least && value <= most
            ? value
            : throw Outside(name, value, string.Create(CultureInfo.InvariantCulture, $"{least} to {most}"));

    /// <summary>A time that may be nothing.</summary>
    internal static TimeSpan NotNegative(TimeSpan value, [CallerMemberName] string name = "") =>
        value >= TimeSpan.Zero ? value : throw Outside(name, value, "00:00:00 or more");

    /// <summary>A time that is something.</summary>
    internal static TimeSpan Positive(TimeSpan value, [CallerMemberName] string name = "") =>
        value > TimeSpan.Zero ? value : throw Outside(name, value, "more than 00:00:00");

    /// <summary>A timer of TCP: a millisecond or more.</summary>
    internal static TimeSpan Timer(TimeSpan value, [CallerMemberName] string name = "") =>
        value >= TimeSpan.FromMilliseconds(1) ? value : throw Outside(name, value, "00:00:00.001 or more");

    /// <summary>A value that its enumeration names.</summary>
    internal static T Named<T>(T value, [CallerMemberName] string name = "")
        where T : struct, Enum => Enum.IsDefined(value) ? value : throw Outside(name, value, string.Join(", ", Enum.GetNames<T>()));

    /// <summary>Something that must be there.</summary>
    internal static T NotNull<T>(T value, [CallerMemberName] string name = "")
        where T : class => value ?? throw new ArgumentNullException(name);

    private static ArgumentOutOfRangeException Outside(string name, object value, string range) =>
        new(name, value, $"{name} must be {range}");
}
