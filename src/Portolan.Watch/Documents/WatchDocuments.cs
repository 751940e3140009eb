using System.Text.Json.Serialization;
using Portolan.Model.Documents;

namespace Portolan.Watch.Documents;

/// <summary>How the documents of this layer are written. Give it to <see cref="JsonOutput"/>, which sets how text is quoted.</summary>
[JsonSourceGenerationOptions(
    GenerationMode = JsonSourceGenerationMode.Serialization, PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase)]
[JsonSerializable(typeof(AlertDocument))]
[JsonSerializable(typeof(ChangeLine))]
[JsonSerializable(typeof(DiffDocument))]
[JsonSerializable(typeof(HistoryDocument))]
[JsonSerializable(typeof(MomentDocument))]
[JsonSerializable(typeof(ReadyLine))]
[JsonSerializable(typeof(TroubleLine))]
[JsonSerializable(typeof(ScannedLine))]
public sealed partial class WatchDocuments : JsonSerializerContext;
