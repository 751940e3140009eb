namespace Portolan.Tests.Watch;

/// <summary>Charts as <c>portolan --json</c> writes them, with the fields that are compared.</summary>
internal static class ChartTexts
{
    public static string Chart(params string[] rows) =>
        "{\"schema\": \"portolan.chart/1\", \"takenAt\": \"2026-11-20T00:00:00Z\", \"host\": \"web-3\", \"complete\": true, "
        + $"\"missing\": [], \"ports\": [{string.Join(',', rows)}], \"unseenNamespaces\": 0}}";

    /// <summary>The same chart, which says that this is missing.</summary>
    public static string Lacking(string chart, params string[] facts) =>
        chart.Replace("\"missing\": []", $"\"missing\": [{string.Join(',', facts)}]", StringComparison.Ordinal);

    public static string Fact(string? code, string? protocol = null, string? space = null) =>
        "{" + (code is null ? "" : $"\"code\": \"{code}\", \"protocol\": {Quoted(protocol)}, \"namespace\": {Quoted(space)}, ")
        + "\"what\": \"something\", \"why\": \"some reason\"}";

    public static string Row(
        int port, string owner = "nginx", string bind = "127.0.0.1", string exposure = "local", string? rule = null,
        string kind = "process", string? space = null, string protocol = "tcp") =>
        $"{{\"port\": {port}, \"protocol\": \"{protocol}\", \"binds\": [{{\"address\": \"{bind}\", \"interface\": null}}], "
        + $"\"owner\": {{\"kind\": \"{kind}\", \"name\": \"{owner}\"}}, \"exposure\": \"{exposure}\", "
        + $"\"verdict\": {{\"summary\": null, \"rule\": {Quoted(rule)}}}, \"namespace\": {Quoted(space)}}}";

    private static string Quoted(string? text) => text is null ? "null" : $"\"{text}\"";
}
