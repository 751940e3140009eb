using System.Text.Json;

namespace Portolan.EndToEnd.Tests.Checking;

/// <summary>Short ways into <c>portolan.check/1</c>.</summary>
internal static class CheckJsonExtensions
{
    /// <summary>The hop at that place.</summary>
    public static JsonElement Hop(this JsonElement check, int index) => check.GetProperty("hops")[index];

    /// <summary>The first step of that kind in a hop, or of a check's last hop.</summary>
    public static JsonElement Step(this JsonElement hop, string kind)
    {
        var steps = (hop.TryGetProperty("hops", out var hops) ? hops.EnumerateArray().Last() : hop).GetProperty("steps");
        return Assert.Single(steps.EnumerateArray(), step => step.GetProperty("step").GetString() == kind);
    }

    /// <summary>The kinds of a hop's steps, in order.</summary>
    public static string Kinds(this JsonElement hop) =>
        string.Join(
            ' ',
            (hop.TryGetProperty("hops", out var hops) ? hops.EnumerateArray().Last() : hop).GetProperty("steps").EnumerateArray().Select(
                s => s.GetProperty("step").GetString()));

    /// <summary>A text member.</summary>
    public static string? Text(this JsonElement element, string name) => element.GetProperty(name).GetString();
}
