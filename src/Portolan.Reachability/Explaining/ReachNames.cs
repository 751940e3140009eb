namespace Portolan.Reachability.Explaining;

/// <summary>The words of an explanation in the machine format.</summary>
public static class ReachNames
{
    /// <summary><c>reachable</c>, <c>unreachable</c>, <c>depends</c> or <c>unknown</c>.</summary>
    public static string Name(this ReachVerdict verdict) => verdict switch
    {
        ReachVerdict.Reachable => "reachable",
        ReachVerdict.Unreachable => "unreachable",
        ReachVerdict.Depends => "depends",
        _ => "unknown",
    };

    /// <summary><c>connects</c>, <c>refused</c>, <c>times-out</c>, <c>unreachable</c>, <c>delivered</c> or <c>reset</c>.</summary>
    public static string Name(this ClientSymptom symptom) => symptom switch
    {
        ClientSymptom.Connects => "connects",
        ClientSymptom.Refused => "refused",
        ClientSymptom.TimesOut => "times-out",
        ClientSymptom.Unreachable => "unreachable",
        ClientSymptom.Delivered => "delivered",
        ClientSymptom.Reset => "reset",
        _ => throw new ArgumentOutOfRangeException(nameof(symptom), symptom, message: null),
    };

    /// <summary><c>ok</c>, <c>fail</c>, <c>not-checked</c> or <c>unknown</c>.</summary>
    public static string Name(this LayerResult result) => result switch
    {
        LayerResult.Ok => "ok",
        LayerResult.Fail => "fail",
        LayerResult.NotChecked => "not-checked",
        _ => "unknown",
    };
}
